// What plotly makes of an axis's many labels, in another way: of plain words that look like those before them it makes what
// it has made of those, which takes a fourth of the time; and it measures all of them at once, where plotly lays the page
// out anew for each.
const MOST_BOXES = 10_000; // As plotly's own: a long session could overload memory.
const MARKED = /[<&$\n\r]/;
const PLACE = ["x", "y", "transform"];
const MOVED = /^(?:translate\((-?[\d.e-]+),(-?[\d.e-]+)\))?$/;
const LOOK = ["font", "fontSize", "fontColor", "fontWeight", "fontStyle", "fontVariant", "fontTextcase", "fontLineposition", "fontShadow"];

/** Makes a label as the one before it was made; false: plotly is to make it. */
export function isCopied(label, tick, x, y) {
  const before = label.parentNode.previousElementSibling;
  const model = before?.firstElementChild;
  const other = before?.__data__;
  if (model?.tagName !== "text" || model.firstElementChild || MARKED.test(tick.text)) return false;
  if (MARKED.test(model.textContent) || LOOK.some((name) => tick[name] !== other?.[name])) return false;
  const copy = model.cloneNode(true);
  for (const [name, value] of Object.entries({ x, y, "data-unformatted": tick.text })) copy.setAttribute(name, value);
  copy.firstChild.data = tick.text;
  label.replaceWith(copy);
  return true;
}

/** The boxes of an axis's plain labels where they stand, as plotly's bBox tells them of each by itself. */
export function boxes(ticks, Drawing) {
  const [places, labels] = [new Map(), new Map()];
  ticks.each(function () {
    const label = this.firstElementChild;
    if (label?.tagName !== "text" || label.firstElementChild || label.style.display === "none") return;
    const [x, y, transform] = PLACE.map((name) => label.getAttribute(name) ?? "");
    const moved = MOVED.exec(transform);
    const look = Drawing.nodeHash(label);
    if (!look) return;
    // One that is only moved has the box that it had elsewhere.
    const name = moved ? look : `${look}~${+x}~${+y}~${transform}`;
    places.set(label, { name, right: moved ? +x + (+moved[1] || 0) : 0, down: moved ? +y + (+moved[2] || 0) : 0 });
    labels.set(name, { label, moved });
  });
  measure(labels, Drawing);
  return new Map([...places].map(([label, { name, right, down }]) => {
    const box = Drawing.savedBBoxes[name];
    return [label, { left: box.left + right, right: box.right + right, top: box.top + down, bottom: box.bottom + down }];
  }));
}

// Into plotly's store of boxes, in which it looks before it measures.
function measure(labels, Drawing) {
  if (Object.keys(Drawing.savedBBoxes).length + labels.size > MOST_BOXES) Drawing.savedBBoxes = {};
  const copies = [];
  for (const [name, { label, moved }] of labels) {
    if (Drawing.savedBBoxes[name]) continue;
    const copy = label.cloneNode(true);
    if (moved) for (const attribute of PLACE) copy.removeAttribute(attribute);
    copies.push([name, copy]);
  }
  Drawing.tester.node().append(...copies.map(([, copy]) => copy));
  const from = copies.length && Drawing.testref.node().getBoundingClientRect();
  for (const [name, copy] of copies) {
    const { width, height, left, right, top, bottom } = copy.getBoundingClientRect();
    const [x, y] = [from.left, from.top];
    Drawing.savedBBoxes[name] = { width, height, left: left - x, right: right - x, top: top - y, bottom: bottom - y };
  }
  for (const [, copy] of copies) copy.remove();
}
