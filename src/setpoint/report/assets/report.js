"use strict";

// Draws the figures of the page. What a figure calls "--name" is a colour of the style sheet, light or dark.

const CHART_OPTIONS = { displayModeBar: false, displaylogo: false, responsive: true };
const NARROW_PIXELS = 700;

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
  for (const [place, figure] of Object.entries(JSON.parse(source.textContent))) {
    const { data, layout } = themed(figure, style);
    // A finger that scrolls the page must not zoom the chart.
    layout.dragmode = window.innerWidth < NARROW_PIXELS ? false : "zoom";
    window.Plotly.react(document.getElementById(place), data, layout, CHART_OPTIONS);
  }
}

draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
