"use strict";

const NARROW_PIXELS = 700;

function draw() {
  drawFigures("", (layout) => {
    const isNarrow = window.innerWidth < NARROW_PIXELS;
    // A finger that scrolls the page must not zoom the chart; names would cover the points.
    layout.dragmode = isNarrow ? false : "zoom";
    if (isNarrow) layout.annotations = [];
  });
}

draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
