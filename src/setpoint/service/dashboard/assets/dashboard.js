"use strict";

// Keeps the page as fresh as the ledger: it asks for itself again every few seconds and takes over what differs.

const POLL_MILLISECONDS = 3000;

let seen = null;
let fresh = new Date();

function draw() {
  drawFigures("chart-");
}

// What the reader has opened stays open, and what has the focus keeps it, although the part is new.
function keepOpen(part, replacement) {
  for (const opened of part.querySelectorAll("details[open][id]")) {
    const same = replacement.querySelector(`#${CSS.escape(opened.id)}`);
    if (same) same.open = true;
  }
}

function takeOver(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const figures = document.getElementById("figures");
  const nextFigures = next.getElementById("figures");
  if (Boolean(figures) !== Boolean(nextFigures)) return window.location.reload(); // the first run: charts come in
  for (const part of document.querySelectorAll("[data-live]")) {
    const replacement = next.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!replacement) continue;
    keepOpen(part, replacement);
    if (replacement.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) && document.activeElement.closest("details[id]");
    part.replaceChildren(...replacement.childNodes);
    if (focused) document.getElementById(focused.id)?.querySelector("summary").focus();
  }
  if (figures && figures.textContent !== nextFigures.textContent) {
    figures.textContent = nextFigures.textContent;
    draw();
  }
}

function say(connected) {
  const status = document.getElementById("live");
  const words = connected ? "live" : `not connected, as of ${fresh.toLocaleTimeString()}`;
  status.hidden = false;
  status.classList.toggle("lost", !connected);
  if (status.textContent !== words) status.textContent = words;
}

async function refresh() {
  try {
    const response = await fetch(window.location.href, { cache: "no-cache" });
    if (!response.ok) throw new Error(String(response.status));
    const tag = response.headers.get("ETag");
    if (tag !== seen) takeOver(await response.text());
    seen = tag;
    fresh = new Date();
    say(true);
  } catch {
    say(false);
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  window.setTimeout(poll, POLL_MILLISECONDS);
}

draw();
poll();
document.addEventListener("visibilitychange", () => document.hidden || refresh());
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
