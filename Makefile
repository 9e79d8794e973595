# On a machine with a Swift toolchain `make demo` and `make test` are all it takes; `make help`
# lists the rest. What is missing is named by .ci/requirements, and installed only for root.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
DEMO_FLAGS ?=
TEST_FLAGS ?=
SEED ?= 1
TICKS ?= 100000
EPISODE ?=
TARGET ?=
TIME ?= 60
BENCH_FLAGS ?=
CRASH_FLAGS ?=
MUTATIONS_FLAGS ?=

# Of `make test`: debug for quick changes, release to test what is deployed.
CONFIGURATION ?= debug

debug_binary := .build/debug/symphony
release_binary := .build/release/symphony
# SwiftPM leaves this once the first test build is complete.
test_bundle := .build/$(CONFIGURATION)/symphonyPackageTests.xctest
# Symbols are stripped from what is deployed: making them would only cost time.
flags_debug :=
flags_release := -c release -debug-info-format none

# A user manager looks below ~/.local/share, every manager below /usr/local/lib and /usr/lib.
ifeq ($(PREFIX),$(HOME)/.local)
user_units := $(PREFIX)/share/systemd/user
system_units :=
else
user_units := $(PREFIX)/lib/systemd/user
system_units := $(PREFIX)/lib/systemd/system
endif
unit_names := symphony-tick@.service symphony-tick@.timer \
  symphony-serve@.service symphony-serve@.socket
doc_dir := $(PREFIX)/share/doc/symphony
bash_completion := $(PREFIX)/share/bash-completion/completions/symphony
zsh_completion := $(PREFIX)/share/zsh/site-functions/_symphony
fish_completion := $(PREFIX)/share/fish/vendor_completions.d/symphony.fish
man_dir := $(PREFIX)/share/man

# announce FILE: says so before a build that takes minutes.
announce = @test -e "$(1)" || echo "first build: about 5 minutes on 2 cores, later ones seconds"

.PHONY: demo test crash soak fuzz mutations build release install uninstall lint docs bench clean help requirements

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "variables: PREFIX, DESTDIR, JOBS, SWIFT, CONFIGURATION, DEMO_FLAGS, TEST_FLAGS, CRASH_FLAGS, MUTATIONS_FLAGS, BENCH_FLAGS"

requirements:
	@SWIFT="$(SWIFT)" .ci/requirements

demo: requirements ## builds, then takes three local issues to finished pull request records
	$(call announce,$(debug_binary))
	$(SWIFT) build -j $(JOBS) --product symphony
	$(debug_binary) demo $(DEMO_FLAGS)

test: requirements ## builds and runs every test
	$(call announce,$(test_bundle))
	$(SWIFT) build --build-tests $(flags_$(CONFIGURATION)) -j $(JOBS)
	@SWIFT="$(SWIFT)" CONFIGURATION="$(CONFIGURATION)" .ci/tests $(TEST_FLAGS)

crash: requirements ## kills and power losses at every deed of real processes: hours
	$(SWIFT) build --build-tests $(flags_$(CONFIGURATION)) -j $(JOBS)
	@SWIFT="$(SWIFT)" CONFIGURATION="$(CONFIGURATION)" Tests/System/crash.sh $(CRASH_FLAGS)

soak: requirements ## random histories by SEED and TICKS, or its one EPISODE; all pairs of kills
	$(call announce,$(test_bundle))
	$(SWIFT) build --build-tests $(flags_$(CONFIGURATION)) -j $(JOBS)
	@SWIFT="$(SWIFT)" CONFIGURATION="$(CONFIGURATION)" SYMPHONY_SOAK="$(SEED)" \
	  SYMPHONY_TICKS="$(TICKS)" SYMPHONY_EPISODE="$(EPISODE)" \
	  .ci/tests --filter '^SoakTests\.(SoakTests/soak|CrashEverywhereTests)' $(TEST_FLAGS)

fuzz: requirements ## libFuzzer on TARGET, or all, for TIME seconds each; without one: their names
	@SWIFT="$(SWIFT)" JOBS="$(JOBS)" Tests/System/fuzz.sh $(if $(TARGET),$(TARGET) $(TIME))

mutations: requirements ## breaks the program on purpose and sees whether tests notice: hours
	@SWIFT="$(SWIFT)" JOBS="$(JOBS)" Tests/System/mutations.py $(MUTATIONS_FLAGS)

build: requirements ## a debug build: .build/debug/symphony
	$(call announce,$(debug_binary))
	$(SWIFT) build -j $(JOBS) --product symphony

release: requirements ## one file to deploy: .build/release/symphony
	$(call announce,$(release_binary))
	SYMPHONY_STATIC=1 $(SWIFT) build $(flags_release) -j $(JOBS) --product symphony

# Does not build: under sudo there is often no Swift, and .build would belong to root afterwards.
install: ## copies the release binary, units, manual, documents and examples below PREFIX
	@test -x $(release_binary) || \
	  { echo "nothing to install yet: run \`make release\` first" >&2; exit 1; }
	install -D -m 0755 $(release_binary) "$(DESTDIR)$(PREFIX)/bin/symphony"
	@for directory in "$(user_units)" $(if $(system_units),"$(system_units)"); do \
	  mkdir -p "$(DESTDIR)$$directory"; \
	  for unit in $(unit_names); do \
	    echo "install $(DESTDIR)$$directory/$$unit"; \
	    sed 's#/usr/local/bin/symphony#$(PREFIX)/bin/symphony#' "systemd/$$unit" \
	      > "$(DESTDIR)$$directory/$$unit"; \
	    chmod 0644 "$(DESTDIR)$$directory/$$unit"; \
	  done; \
	done
	@for page in README.md ARCHITECTURE.md SECURITY.md docs/* \
	  $$(find deploy -type f ! -name '*.env' ! -path 'deploy/secrets/*'); do \
	  install -D -m 0644 "$$page" "$(DESTDIR)$(doc_dir)/$$page"; \
	done
	install -D -m 0644 WORKFLOW.md.example "$(DESTDIR)$(doc_dir)/WORKFLOW.md.example"
	install -D -m 0644 .env.example "$(DESTDIR)$(doc_dir)/env.example"
	install -D -m 0644 cron/symphony.crontab "$(DESTDIR)$(doc_dir)/cron/symphony.crontab"
	@mkdir -p "$(DESTDIR)$(dir $(bash_completion))" "$(DESTDIR)$(dir $(zsh_completion))" \
	  "$(DESTDIR)$(dir $(fish_completion))"
	$(release_binary) --generate-completion-script bash > "$(DESTDIR)$(bash_completion)"
	$(release_binary) --generate-completion-script zsh > "$(DESTDIR)$(zsh_completion)"
	$(release_binary) --generate-completion-script fish > "$(DESTDIR)$(fish_completion)"
	@mkdir -p "$(DESTDIR)$(man_dir)/man1" "$(DESTDIR)$(man_dir)/man5"
	@pages=$$($(release_binary) manual); \
	for page in $$pages; do \
	  echo "install $(DESTDIR)$(man_dir)/man$${page##*.}/$$page"; \
	  $(release_binary) manual "$$page" > "$(DESTDIR)$(man_dir)/man$${page##*.}/$$page"; \
	done

# The installed program names its own pages: others may have some that begin with the same word.
uninstall: ## removes what install copied; state, workspaces and enabled timers stay
	@for page in $$("$(DESTDIR)$(PREFIX)/bin/symphony" manual 2>/dev/null || true); do \
	  rm -f "$(DESTDIR)$(man_dir)/man$${page##*.}/$$page"; \
	done
	rm -f "$(DESTDIR)$(PREFIX)/bin/symphony"
	rm -f $(foreach unit,$(unit_names),"$(DESTDIR)$(user_units)/$(unit)")
	rm -f $(if $(system_units),$(foreach unit,$(unit_names),"$(DESTDIR)$(system_units)/$(unit)"))
	rm -f "$(DESTDIR)$(bash_completion)" "$(DESTDIR)$(zsh_completion)" "$(DESTDIR)$(fish_completion)"
	rm -rf "$(DESTDIR)$(doc_dir)"

lint: requirements ## formatting, shell scripts, the C probe, systemd units, the crontab
	@SWIFT="$(SWIFT)" .ci/lint

docs: requirements ## writes what the program knows: docs/settings.md, verdicts.md, status.svg
	SYMPHONY_WRITE_DOCS=1 $(SWIFT) test \
	  --filter 'SchemaTests/docsSettings|VerdictReferenceTests|PictureTests|TranscriptTests/every|OldFilesTests/noKey'

bench: ## time, CPU and memory of the release binary, as JSON on stdout
	@$(MAKE) --no-print-directory release >&2
	@Tests/Bench/bench.sh $(BENCH_FLAGS) $(release_binary)

clean: ## removes .build
	rm -rf .build
