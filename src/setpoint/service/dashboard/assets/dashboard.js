"use strict";

// Draws the figures of the page and keeps the page as fresh as the ledger: it asks for itself again every few seconds
// and takes over what differs. What a figure calls "--name" is a colour of the style sheet, light or dark.

const POLL_MILLISECONDS = 3000;
const CHART_OPTIONS = { displayModeBar: false, displaylogo: false, responsive: true };

let seen = null;
let fresh = new Date();

function themed(value, style) {
  if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
  if (Array.isArray(value)) return value.map((each) => themed(each, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, themed(each, style)]));
}

function draw() {
  const source = document.getElementById("figures");
  if (!source || !window.Plotly) return;
  const style = getComputedStyle(document.documentElement);
  for (const [metric, figure] of Object.entries(JSON.parse(source.textContent))) {
    const place = document.getElementById(`chart-${metric}`);
    const { data, layout } = themed(figure, style);
    window.Plotly.react(place, data, layout, CHART_OPTIONS);
  }
}

function takeOver(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const figures = document.getElementById("figures");
  const nextFigures = next.getElementById("figures");
  if (Boolean(figures) !== Boolean(nextFigures)) return window.location.reload(); // the first run: charts come in
  for (const part of document.querySelectorAll("[data-live]")) {
    const replacement = next.querySelector(`[data-live="${part.dataset.live}"]`);
    if (replacement && replacement.innerHTML !== part.innerHTML) part.replaceChildren(...replacement.childNodes);
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
