"""How the page looks and sounds, for page.py: widths, colours, contrast and targets measured in the
browser itself, the tree that a screen reader gets, less motion, and paper. Pictures are kept for
a person to look at.
"""
import os

from findings import check

WIDTHS = (360, 768, 1440)
LEAST_CONTRAST = 4.5

# Of every text that is seen: its colour against what lies behind it, by WCAG 2's formula. Returns the
# texts below the limit, the least contrast and how many were looked at.
CONTRAST = """
  const limit = arguments[0];
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith('color(') ? [...numbers.slice(0, 3).map((one) => one * 255),
      numbers[3] ?? 1] : [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(parse(getComputedStyle(one).backgroundColor));
    }
    const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reduceRight((below, top) => over(top, below), canvas);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((one) => one / 255).map((one) =>
      one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const opacity = (element) => {
    let all = 1;
    for (let one = element; one; one = one.parentElement) all *= getComputedStyle(one).opacity;
    return all;
  };
  const ratio = (element, pseudo) => {
    const behind = ground(element);
    const colour = parse(getComputedStyle(element, pseudo).color);
    colour[3] *= opacity(element);
    const [one, other] = [light(over(colour, behind)), light(behind)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest('svg, noscript, script, option, .unseen')) continue;
    found.push([ratio(element), node.data.trim().slice(0, 40), element.tagName]);
  }
  for (const field of document.querySelectorAll('input')) {
    if (field.checkVisibility()) found.push([ratio(field, '::placeholder'), 'placeholder', 'INPUT']);
  }
  for (const cell of document.querySelectorAll('td')) {
    if (getComputedStyle(cell, '::before').content !== 'none') {
      found.push([ratio(cell, '::before'), 'before', 'TD']);
    }
  }
  return [found.filter(([one]) => one < limit), Math.min(...found.map(([one]) => one)), found.length];
"""
# Everything that is pressed, but for links in text, which WCAG 2.5.8 leaves out.
TARGETS = """
  return [...document.querySelectorAll('button, input, select, summary')]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.textContent || one.id, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([name, box]) => [name, box.width, box.height]);
"""
# What sticks out, or is cut off, although nobody can scroll to it.
OVERFLOW = """
  const wide = document.documentElement.scrollWidth;
  const out = [...document.querySelectorAll('main *, header *, footer *')].filter((one) =>
    one.checkVisibility() && !one.closest('thead, .skip, svg, option')
    && one.getBoundingClientRect().right > innerWidth + 1);
  return [wide, innerWidth, out.slice(0, 5).map((one) => one.tagName + ' ' + one.className
    + ' ' + one.textContent.slice(0, 30))];
"""


def look(view, name, shots):
    wide, room, out = view.js(OVERFLOW)
    check(wide <= room and not out, f"{name}: nothing to scroll to the side",
          f"{wide} of {room}" + (f", sticking out: {out}" if out else ""))
    low, least, texts = view.js(CONTRAST, LEAST_CONTRAST)
    check(not low and texts > 5, f"{name}: contrast", f"{least:.2f} at least, {texts} texts"
          + (f", too low: {low[:5]}" if low else ""))
    small = view.js(TARGETS)
    check(not small, f"{name}: targets are 24 pixels or more", small or "")
    view.shot(os.path.join(shots, name.replace(" ", "-") + ".png"))


def all_looks(view, world, shots):
    for scheme in ("light", "dark"):
        view.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        for width in WIDTHS:
            view.size(width)
            name = f"{width} {scheme}"
            view.go("about:blank")
            view.go(world.url)
            view.wait("document.querySelectorAll('#lately td').length > 0"
                      "&& document.querySelectorAll('svg').length === 2")
            view.js("document.querySelector('#past-table').open = true")
            look(view, f"list {name}", shots)
            view.go("about:blank")
            view.go(world.url + "#/local%3A1")
            view.wait("document.querySelectorAll('#log p').length > 3"
                      "&& document.querySelectorAll('#events td').length > 0"
                      "&& !document.querySelector('#why-rules').hidden")
            view.js("document.querySelector('#why-rules').open = true")
            look(view, f"issue {name}", shots)
            view.js("question('Changes need the server\\'s token.', true).then(() => {});"
                    "complain('order', 'Nothing was changed: this is what trouble looks like.');"
                    "say('local/checkout#1: will be stopped by the next tick')")
            look(view, f"question {name}", shots)
            view.js("document.querySelector('#ask').close(); complain('order', ''); say('')")
    view.size(1440)
    for title in (22, 23, 24):
        view.size(360)
        view.go("about:blank")
        view.go(f"{world.url}#/local%3A{title}")
        view.wait("document.querySelector('#why-words')?.innerText.length > 12")
        look(view, f"issue {title} 360", shots)
    view.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    view.size(1440)


# ---- what a screen reader gets -------------------------------------------------------------------
CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "comboboxselect", "listbox",
            "disclosuretriangle", "table", "image", "img", "dialog", "alertdialog", "region"}


def tree(view):
    """(role, name, node) of everything that is told, in order."""
    view.cdp("Accessibility.enable")
    found = []
    for node in view.cdp("Accessibility.getFullAXTree")["nodes"]:
        if not node.get("ignored"):
            role = node.get("role", {}).get("value", "").lower()
            found.append((role, node.get("name", {}).get("value", ""), node))
    return found


def value(node, name):
    return next((one["value"].get("value") for one in node.get("properties", [])
                 if one["name"] == name), None)


def accessibility(view, world):
    for width in (1440, 360):
        view.size(width)
        for what, address in (("list", ""), ("issue", "#/local%3A1")):
            view.go("about:blank")
            view.go(world.url + address)
            part = "#lately" if what == "list" else "#events"
            view.wait(f"document.querySelectorAll('{part} td').length > 0"
                      "&& !document.querySelector('#why-words').innerText.startsWith('asking')")
            heard(view, f"{what} {width}", what)


def heard(view, name, what):
    nodes = tree(view)
    roles = [role for role, _, _ in nodes]
    wanted = ["banner", "main", "contentinfo"] + (["search"] if what == "list" else ["article"])
    counts = {role: roles.count(role) for role in wanted}
    check(all(one == 1 for one in counts.values()), f"{name}: landmarks", counts)
    levels = [value(node, "level") for role, _, node in nodes if role == "heading"]
    jumps = [pair for pair in zip(levels, levels[1:]) if pair[1] > pair[0] + 1]
    check(levels[:1] == [1] and levels.count(1) == 1 and not jumps,
          f"{name}: headings in order, one h1", levels)
    nameless = [role for role, words, _ in nodes if role in CONTROLS and not words]
    check(not nameless, f"{name}: every control, table and picture has a name",
          nameless or f"{sum(role in CONTROLS for role in roles)} of them")
    tables(name, nodes)
    live = [node for _, _, node in nodes if value(node, "live") == "polite"]
    check(len(live) >= 1, f"{name}: a polite live region", len(live))
    inside = view.js("return [...document.querySelectorAll('table, #log, #facts, #headline')].filter("
                     "(one) => one.closest('[aria-live], [role=status], [role=alert], [role=log]'))"
                     ".length")
    check(inside == 0, f"{name}: what changes every second is outside of it")
    root = next(words for role, words, _ in nodes if role == "rootwebarea")
    check("symphony" in root and view.js("return document.documentElement.lang") == "en",
          f"{name}: language and title", root)


def tables(name, nodes):
    by_id = {node["nodeId"]: (role, node) for role, _, node in nodes}

    def below(node):
        for child in node.get("childIds", []):
            if child in by_id:
                yield by_id[child][0]
                yield from below(by_id[child][1])
    bad = []
    found = [(words, list(below(node))) for role, words, node in nodes if role == "table"]
    for words, roles in found:
        rows, heads, cells = (roles.count(one) for one in ("row", "columnheader", "cell"))
        if heads < 2 or rows < 2 or cells % heads:
            bad.append((words, rows, heads, cells))
    check(found and not bad, f"{name}: tables have rows, cells and headers",
          bad or ", ".join(words for words, _ in found))


# ---- less motion, and paper ----------------------------------------------------------------------
def motion_and_paper(view, world, shots):
    moving = ("return [...document.querySelectorAll('*')].filter((one) => {"
              "const style = getComputedStyle(one); return style.animationName !== 'none'"
              "|| parseFloat(style.transitionDuration) > 0 }).length")
    counts = {}
    for wish in ("reduce", "no-preference"):
        view.prefer(prefers_reduced_motion=wish)
        view.go("about:blank")
        view.go(world.url)
        view.wait("document.querySelectorAll('#sections td').length > 0")
        counts[wish] = view.js(moving)
    check(counts["reduce"] == 0 and counts["no-preference"] > 0, "less motion is honoured", counts)
    view.size(816)
    view.go(world.url + "#/local%3A1")
    view.wait("document.querySelectorAll('#log p').length > 30", seconds=40)
    view.prefer(prefers_color_scheme="dark")
    view.cdp("Emulation.setEmulatedMedia", media="print",
             features=[{"name": "prefers-color-scheme", "value": "dark"}])
    seen = view.js("""
      const log = document.querySelector('#log');
      return [document.querySelector('#stop').checkVisibility(), log.scrollHeight > log.clientHeight + 1,
        getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor];""")
    check(seen == [False, False, "rgb(0, 0, 0)", "rgb(255, 255, 255)"],
          "on paper: no buttons, the whole transcript, black on white", seen)
    low, least, _ = view.js(CONTRAST, LEAST_CONTRAST)
    check(not low, "on paper: contrast", f"{least:.2f}")
    view.shot(os.path.join(shots, "paper.png"))
    view.cdp("Emulation.setEmulatedMedia", media="", features=[])
    view.size(1440)
