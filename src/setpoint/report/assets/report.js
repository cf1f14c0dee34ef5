"use strict";

const NARROW_PIXELS = 700;

function draw() {
  drawFigures("", (layout) => {
    // A finger that scrolls the page must not zoom the chart.
    layout.dragmode = window.innerWidth < NARROW_PIXELS ? false : "zoom";
  });
}

draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
