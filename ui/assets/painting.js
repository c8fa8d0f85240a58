// A region is painted over a picture: with pointer or finger, with the arrow keys and the space bar, or by numbers.
// What leaves the browser is a row of numbers on a grid of 64 x 64 cells: how many are not painted, how many are, …

const SIDE = 64;
const SMALL_PX = 256; // as in ui/enlarged.py: below it every pixel is shown as a square
const STEPS_BACK = 40;
const HOW = "Paint over what is to be replaced. By keyboard: arrow keys move the brush, the space bar paints, both at once draw.";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function asRuns(cells) {
  const runs = [0];
  let value = 0;
  for (const cell of cells) {
    if (cell !== value) { runs.push(0); value = cell; }
    runs[runs.length - 1] += 1;
  }
  return cells.some(Boolean) ? runs.join(" ") : "";
}

function asCells(runs) {
  const cells = new Uint8Array(SIDE * SIDE);
  let at = 0;
  runs.split(" ").map(Number).forEach((length, number) => {
    cells.fill(number % 2, at, at + length);
    at += length;
  });
  return cells;
}

class Painting {
  constructor(place) {
    const find = (name) => place.querySelector(name);
    [this.frame, this.picture, this.canvas, this.ring] = [".frame", "img", "canvas", ".brush"].map(find);
    [this.told, this.size, this.erase, this.undo, this.clear] = [".told", ".size input", ".erase input", ".undo", ".clear"].map(find);
    this.numbers = ["x", "y", "w", "h"].map((name) => find(`input.${name}`));
    this.add = find(".add");
    this.all = [this.size, this.erase, this.undo, this.clear, this.add, ...this.numbers];
    find("#how").textContent = HOW;
    this.canvas.setAttribute("aria-label", `Picture to paint on. ${HOW}`);
    this.cells = new Uint8Array(SIDE * SIDE);
    this.before = [];
    this.sent = [];
    this.server = "";
    this.at = [0.5, 0.5]; // share of width and of height
    this.picture.onload = () => {
      this.picture.classList.toggle("small", Math.max(this.picture.naturalWidth, this.picture.naturalHeight) < SMALL_PX);
      this.point();
    };
    this.watchPointer();
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("keyup", (event) => event.key === " " && this.end());
    this.canvas.addEventListener("blur", () => this.end());
    this.size.addEventListener("input", () => this.point());
    this.undo.addEventListener("click", () => this.back());
    this.clear.addEventListener("click", () => this.change(() => this.cells.fill(0)));
    this.add.addEventListener("click", () => this.change(() => this.rectangle()));
    new ResizeObserver(() => this.point()).observe(this.frame);
  }

  show(data) {
    if (this.picture.src !== data.picture) this.picture.src = data.picture;
    this.picture.alt = data.title;
    this.isOff = data.disabled;
    this.frame.classList.toggle("off", this.isOff);
    this.canvas.tabIndex = this.isOff ? -1 : 0;
    // The server repeats what was sent some strokes ago; only what it did not get from here is taken over.
    if (data.painted !== this.server && !this.sent.includes(data.painted)) this.cells = asCells(data.painted);
    this.server = data.painted;
    this.draw();
  }

  watchPointer() {
    const where = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (this.isOff || event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.at = where(event);
      this.begin();
      this.stroke(this.at, this.at);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const from = this.at;
      this.at = where(event);
      this.point();
      if (this.isPainting) this.stroke(from, this.at);
    });
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.end());
  }

  press(event) {
    if (this.isOff) return;
    const step = ARROWS[event.key];
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.back();
    else if (event.key === " ") {
      if (!this.isPainting) this.begin();
      this.stroke(this.at, this.at);
    } else if (step) {
      const from = this.at;
      const far = event.shiftKey ? 8 : 2;
      this.at = from.map((value, axis) => Math.min(1, Math.max(0, value + (far * step[axis]) / SIDE)));
      this.point();
      if (this.isPainting) this.stroke(from, this.at);
    } else return;
    event.preventDefault();
  }

  begin() {
    this.isPainting = true;
    this.remember();
  }

  end() {
    if (!this.isPainting) return;
    this.isPainting = false;
    this.send();
  }

  remember() {
    this.before = [...this.before.slice(1 - STEPS_BACK), this.cells.slice()];
  }

  change(act) {
    this.remember();
    act();
    this.draw();
    this.send();
  }

  back() {
    if (!this.before.length) return;
    this.cells = this.before.pop();
    this.draw();
    this.send();
  }

  send() {
    const runs = asRuns(this.cells);
    this.sent = [...this.sent.slice(-STEPS_BACK), runs];
    this.onPaint(runs);
  }

  // Every cell whose middle is nearer to the line than the brush is wide; distances in widths of the picture.
  stroke([x0, y0], [x1, y1]) {
    const tall = this.frame.clientHeight / this.frame.clientWidth || 1;
    const [dx, dy] = [x1 - x0, (y1 - y0) * tall];
    const radius = this.size.value / 200;
    const value = this.erase.checked ? 0 : 1;
    for (let at = 0; at < this.cells.length; at += 1) {
      const [x, y] = [((at % SIDE) + 0.5) / SIDE - x0, ((Math.floor(at / SIDE) + 0.5) / SIDE - y0) * tall];
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / (dx * dx + dy * dy || 1)));
      if (Math.hypot(x - along * dx, y - along * dy) <= Math.max(radius, 0.5 / SIDE)) this.cells[at] = value;
    }
    this.draw();
  }

  rectangle() {
    const [x, y, w, h] = this.numbers.map((input) => (Number(input.value) / 100) * SIDE);
    const value = this.erase.checked ? 0 : 1;
    for (let row = Math.round(y); row < Math.min(SIDE, Math.round(y + h)); row += 1)
      this.cells.fill(value, row * SIDE + Math.min(SIDE, Math.round(x)), row * SIDE + Math.min(SIDE, Math.round(x + w)));
  }

  point() {
    const wide = (this.size.value / 100) * this.frame.clientWidth;
    Object.assign(this.ring.style, { left: `${100 * this.at[0]}%`, top: `${100 * this.at[1]}%`, width: `${wide}px`, height: `${wide}px` });
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    const pixels = pen.createImageData(SIDE, SIDE);
    this.cells.forEach((cell, at) => pixels.data.set([232, 62, 140, cell * 255], at * 4));
    pen.putImageData(pixels, 0, 0);
    const share = this.cells.reduce((sum, cell) => sum + cell, 0) / this.cells.length;
    const percent = share && share < 0.01 ? "less than 1" : Math.round(100 * share);
    this.told.textContent = share ? `${percent}% of the picture is painted.` : "Nothing is painted yet.";
    for (const input of this.all) input.disabled = this.isOff;
    this.undo.disabled ||= !this.before.length;
    this.clear.disabled ||= !share;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const frame = parentElement.querySelector(".frame");
  const painting = (frame.painting ??= new Painting(parentElement)); // the next data come to the same place
  painting.onPaint = (runs) => setStateValue("painted", runs);
  painting.show(data);
}
