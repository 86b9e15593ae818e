// Makes pages livelier where a browser can; every page works without it.

/** Reads a live region: `<div data-live="/path/to/stream" data-live-event="inbox" role="status">`.
 *  Each event may carry {"text": "…"} to be said, and {"count": {"id": n}} to update counts by element id. */
function listen(region) {
  const source = new EventSource(region.dataset.live);
  const hear = (event) => {
    let news;
    try {
      news = JSON.parse(event.data);
    } catch {
      return;
    }
    for (const [id, count] of Object.entries(news.count ?? {})) {
      const shown = document.getElementById(id);
      if (shown) shown.textContent = count;
    }
    if (news.text) say(region, news);
    region.dispatchEvent(new CustomEvent("onward:news", { detail: news, bubbles: true }));
  };
  source.addEventListener(region.dataset.liveEvent ?? "message", hear);
  addEventListener("pagehide", () => source.close());
}

/** Says news in a region without moving what somebody is reading: new rows wait behind a link. */
function say(region, news) {
  const line = document.createElement("p");
  line.className = "onward-note onward-note--good";
  line.textContent = news.text + " ";
  const link = document.createElement("a");
  link.href = safePath(news.href) ?? location.pathname + location.search;
  link.textContent = news.link ?? "Show";
  line.append(link);
  region.replaceChildren(line);
}

function safePath(href) {
  return typeof href === "string" && /^\/(?![/\\])/.test(href) ? href : null;
}

/** Keys: an element with `data-key="a"` is activated by that key; `j` and `k` walk rows marked `data-row`. */
function keys() {
  let at = -1;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    all.forEach((row) => row.removeAttribute("aria-current"));
    at = Math.max(0, Math.min(all.length - 1, at + step));
    all[at].setAttribute("aria-current", "true");
    (all[at].querySelector("a, button") ?? all[at]).focus();
  };
  const act = (key) => {
    const row = rows()[at];
    const found = row?.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`[data-key="${key}"]`);
    if (found) found.click();
    return Boolean(found);
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[a-z?]$/.test(event.key)) return;
    if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
    else if (event.key === "?") document.querySelector("dialog.onward-keys")?.showModal();
    else if (!act(event.key)) return;
    event.preventDefault();
  });
}

/** Sends a form once: a second press of its button does nothing until the page answers. */
function sendOnce() {
  addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
}

/** Keeps a form while it is filled in: `<form data-keep="/path">`; `[data-kept]` says when. */
function keepForm(form) {
  const said = form.querySelector("[data-kept]");
  let soon;
  const keep = async () => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.keep, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const time = new Date().toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit" });
    if (said) said.textContent = answer?.ok ? `Kept at ${time}.` : "Not kept: use the button before you leave this page.";
  };
  form.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(keep, 1000);
  });
  form.addEventListener("submit", () => clearTimeout(soon));
}

/** Moves focus to an error summary, so that it is read first. */
function showErrors() {
  const summary = document.querySelector(".nhsuk-error-summary");
  if (!summary) return;
  summary.setAttribute("tabindex", "-1");
  summary.focus();
  summary.addEventListener("click", (event) => {
    const field = document.getElementById(event.target.hash?.slice(1) ?? "");
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest("fieldset")?.querySelector("legend") ?? field.labels?.[0] ?? field).scrollIntoView();
  });
}

/** Loads a page again as long as something goes on: `<p data-again="2">`, after so many seconds. */
const again = (region) => setTimeout(() => location.reload(), 1000 * Number(region.dataset.again));

/** Prints the page: `<button data-print hidden>`, shown only where a script can. */
function offerPrint(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/** Leaves by `<a data-leave>` so that going back does not lead here again. */
function leave(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(link.href);
  });
}

document.querySelectorAll("[data-keep]").forEach(keepForm);
document.querySelectorAll("[data-print]").forEach(offerPrint);
document.querySelectorAll("[data-leave]").forEach(leave);
document.querySelectorAll("[data-live]").forEach(listen);
document.querySelectorAll("[data-again]").forEach(again);
keys();
sendOnce();
showErrors();
