"use strict";

// Draws the figures of a page, each in the place that is named as it is. What a figure calls "--name" is a colour of the
// style sheet, light or dark. `prepare` may set what depends on the window.

const CHART_OPTIONS = { displayModeBar: false, displaylogo: false, responsive: true };

function themed(value, style) {
  if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
  if (Array.isArray(value)) return value.map((each) => themed(each, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, themed(each, style)]));
}

function drawFigures(prefix = "", prepare = () => {}) {
  const source = document.getElementById("figures");
  if (!source || !window.Plotly) return;
  const style = getComputedStyle(document.documentElement);
  for (const [name, figure] of Object.entries(JSON.parse(source.textContent))) {
    const { data, layout } = themed(figure, style);
    prepare(layout);
    window.Plotly.react(document.getElementById(prefix + name), data, layout, CHART_OPTIONS);
  }
}
