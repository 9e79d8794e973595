#!/usr/bin/env bash
# The files in deploy/, read by the programs that they are for: deploy.sh [SYMPHONY]. Each program that
# is here checks its part, each that is not is named; no image is made, and nothing listens.
# SYMPHONY, where it is given, reads the WORKFLOW.md for Kubernetes. Exit 1 when a file is not right.
# shellcheck disable=SC2317  # functions are called by `check`
set -euo pipefail

program=${1:+$(readlink -f "$1")}
cd "$(dirname "$0")/../../deploy"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
skipped=()

has() { command -v "$1" >/dev/null 2>&1; }
skip() { skipped+=("$1"); }

# check POINT COMMAND...: its words are shown when it fails.
check() {
  local point=$1
  shift
  if "$@" >"$scratch/said" 2>&1; then
    echo "ok     $point"
  else
    echo "FAILED $point"
    sed 's/^/       | /' "$scratch/said"
    failed=1
  fi
}

if has promtool; then
  check 'promtool check rules prometheus/alerts.yml' promtool check rules prometheus/alerts.yml
  check 'promtool test rules prometheus/alerts.test.yml' \
    promtool test rules prometheus/alerts.test.yml
  # The token is a file that only the container has.
  touch "$scratch/token"
  sed "s#/run/secrets/server_token#$scratch/token#" victoriametrics/scrape.yml >"$scratch/scrape.yml"
  check 'promtool check config victoriametrics/scrape.yml' promtool check config "$scratch/scrape.yml"
else
  skip 'promtool: alerts and scrape.yml (apt-get install prometheus)'
fi
if has vmalert; then
  check 'vmalert -dryRun' vmalert -rule=prometheus/alerts.yml -dryRun
else
  skip 'vmalert: alerts (apt-get install victoria-metrics)'
fi
if has victoria-metrics; then
  check 'victoria-metrics -dryRun victoriametrics/scrape.yml' victoria-metrics -dryRun \
    -promscrape.config=victoriametrics/scrape.yml
else
  skip 'victoria-metrics: scrape.yml (apt-get install victoria-metrics)'
fi

# A copy, with the files that a person makes: `config` reads them.
compose() (
  set -e
  cp -r . "$scratch/stack"
  cd "$scratch/stack"
  mkdir -p secrets
  cp symphony.env.example symphony.env
  cp grafana.env.example grafana.env
  echo token >secrets/server-token
  export SYMPHONY_PROJECT=/project
  if docker compose version >/dev/null 2>&1; then
    docker compose --profile alerts -f compose.yaml config -q
  else
    # The client of version 1 does not know the key `name`.
    sed -i '/^name: /d' compose.yaml
    docker-compose --profile alerts -f compose.yaml config -q
  fi
)
if docker compose version >/dev/null 2>&1 || has docker-compose; then
  check 'docker compose config' compose
else
  skip 'docker compose: compose.yaml (the plugin, or apt-get install docker-compose)'
fi
if docker buildx version >/dev/null 2>&1; then
  check 'docker build --check' docker build --check -f Dockerfile ..
else
  skip 'docker buildx: the syntax of Dockerfile'
fi
skip 'a Docker engine: no image is built, no container started'

if has vector; then
  check 'vector validate' vector validate --no-environment vector/symphony.yaml
else
  skip 'vector: vector/symphony.yaml'
fi

kustomize_build() { if has kustomize; then kustomize build "$1"; else kubectl kustomize "$1"; fi; }
# Not `kubectl apply --dry-run`: that asks a cluster.
for part in cronjob serve; do
  if has kustomize || has kubectl; then
    check "kustomize kubernetes/$part" kustomize_build "kubernetes/$part"
    cp "$scratch/said" "$scratch/$part.yaml"
    for validator in kubeconform kubernetes-validate; do
      if has "$validator"; then
        check "$validator kubernetes/$part" "$validator" "$scratch/$part.yaml"
      fi
    done
  else
    skip "kustomize or kubectl: kubernetes/$part"
  fi
done
has kubeconform || has kubernetes-validate ||
  skip 'kubeconform or kubernetes-validate: the schemas of Kubernetes'
skip 'Grafana: the dashboard is checked by DeployTests alone'

# Without a server and an agent the rest of doctor has to fail; this line has not to.
workflow() {
  mkdir -p "$scratch/home" "$scratch/project"
  cp kubernetes/base/WORKFLOW.md "$scratch/project/"
  env -i PATH="$PATH" HOME="$scratch/home" GITHUB_TOKEN=none https_proxy=http://127.0.0.1:9 \
    "$program" doctor "$scratch/project/WORKFLOW.md" >"$scratch/doctor" 2>&1 || true
  cat "$scratch/doctor"
  grep -qE '^pass  workflow ' "$scratch/doctor"
}
if [[ -n $program ]]; then
  check 'symphony reads kubernetes/base/WORKFLOW.md' workflow
else
  skip 'symphony: kubernetes/base/WORKFLOW.md (name the program)'
fi

if has shellcheck; then
  check 'shellcheck scheduler.sh' shellcheck scheduler.sh
else
  skip 'shellcheck: scheduler.sh'
fi
check 'bash -n scheduler.sh' bash -n scheduler.sh

for name in "${skipped[@]}"; do echo "not here: $name"; done
exit "$failed"
