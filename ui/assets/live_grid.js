// Students and questions. The table stays and only what changed in it is written, so that scrolling, the chosen cell and
// the order last while the class works. Texts of students are set as text, never as HTML.

// By letter: class, sign, words; sorted in this order.
const OUTCOMES = {
  R: ["right", "✓", "right"],
  H: ["partly", "◐", "partly right"],
  W: ["wrong", "✕", "not right"],
  S: ["shown", "?", "asked for the answer"],
  P: ["predicted", "◇", "predicted, not answered"],
  o: ["open", "·", "nothing yet"],
};
const ACTIVITIES = {
  stuck: "! stuck", queued: "⋯ queued", running: "▶ running", working: "working", idle: "on another page", away: "away",
};
const ORDER = Object.keys(ACTIVITIES);
const ICONS = { open: "lock_open", closed: "lock", revealed: "visibility" };
const FIXED = [["name", "Student"], ["now", "Now"], ["done", "Answered"]];

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className ?? "";
  if (text !== undefined) made.textContent = text;
  return made;
}

class Grid {
  constructor(place) {
    this.frame = place.querySelector(".frame");
    this.head = place.querySelector("thead tr");
    this.body = place.querySelector("tbody");
    this.rows = new Map();
    this.sort = "name";
    this.shape = "";
    this.body.addEventListener("click", (event) => this.choose(event.target.closest("td, th")));
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("focusin", (event) => this.stopAt(event.target));
    this.body.addEventListener("mouseleave", () => this.arrange());
    this.frame.addEventListener("scroll", () => this.fade());
    new ResizeObserver(() => this.fade()).observe(this.frame);
  }

  show(data) {
    const shape = JSON.stringify(data.questions.map((question) => question.id));
    if (shape !== this.shape) this.begin(data.questions, shape);
    this.questions = data.questions;
    data.questions.forEach((question, at) => {
      const state = this.head.children[FIXED.length + at].querySelector("small");
      state.textContent = ICONS[question.state];
      state.setAttribute("aria-label", question.state);
      state.parentElement.title = `${question.title}, ${question.state}. Sort by this question`;
    });
    const there = new Set(data.students.map((student) => student.id));
    for (const [id, row] of this.rows) if (!there.has(id)) { row.remove(); this.rows.delete(id); }
    data.students.forEach((student, at) => this.write({ ...student, cells: student.cells.split(" ") }, at));
    this.selected ??= data.selected ?? [null, null]; // later on the browser knows better
    this.mark();
    // Rows do not move under the pointer or away from the keyboard.
    if (!this.isInUse() || this.body.childElementCount < this.rows.size) this.arrange();
    this.fade();
  }

  // More columns to the right than there is room for.
  fade() {
    const { scrollLeft, clientWidth, scrollWidth } = this.frame;
    this.frame.classList.toggle("more", scrollLeft + clientWidth < scrollWidth - 1);
  }

  begin(questions, shape) {
    this.shape = shape;
    this.rows.clear();
    this.body.replaceChildren();
    this.head.replaceChildren(
      ...FIXED.map(([key, label]) => this.heading(key, label, false)),
      ...questions.map((question) => this.heading(question.id, question.id, true)),
    );
    this.sortBy([...this.head.children].some((cell) => cell.dataset.key === this.sort) ? this.sort : "name");
  }

  heading(key, label, isQuestion) {
    const cell = element("th", isQuestion ? "" : key);
    const button = element("button", "", label);
    cell.scope = "col";
    cell.dataset.key = key;
    if (isQuestion) button.append(element("small", "icon"));
    else button.title = `Sort by ${label.toLowerCase()}`;
    button.addEventListener("click", () => { this.sortBy(key); this.arrange(); });
    cell.append(button);
    return cell;
  }

  sortBy(key) {
    this.sort = key;
    for (const cell of this.head.children) cell.setAttribute("aria-sort", cell.dataset.key === key ? "ascending" : "none");
  }

  write(student, at) {
    let row = this.rows.get(student.id);
    if (!row) {
      row = element("tr");
      row.dataset.id = student.id;
      row.append(element("th", "name"), element("td", "now"), element("td", "done"));
      row.firstChild.scope = "row";
      student.cells.forEach(() => row.append(element("td")));
      for (const cell of row.children) cell.tabIndex = -1;
      this.rows.set(student.id, row);
    }
    const before = row.student ?? { cells: [] };
    row.student = student;
    row.at = at;
    if (before.handle !== student.handle) { row.children[0].textContent = student.handle; row.children[0].title = student.handle; }
    if (before.activity !== student.activity || before.question !== student.question) {
      const where = student.question && !["idle", "away"].includes(student.activity) ? ` ${student.question}` : "";
      row.children[1].replaceChildren(element("span", student.activity, ACTIVITIES[student.activity] + where));
    }
    row.children[2].textContent = student.done;
    student.cells.forEach((cell, index) => {
      if (before.cells[index] !== cell) this.fill(row.children[FIXED.length + index], cell, this.questions[index].id);
    });
  }

  // A cell is written as R, as R2W (right after 2 attempts, wrong at first), or with @ where the student looks.
  fill(place, cell, question) {
    const [, outcome, attempts, first, at] = cell.match(/^(.)(?:(\d+)(.))?(@?)$/);
    const [name, sign, words] = OUTCOMES[outcome];
    const drawn = element("i", `cell ${name} ${at && "at"}`, sign);
    if (attempts) drawn.append(element("sup", "", attempts));
    place.dataset.question = question;
    place.title = `${question}: ${words}` + (attempts ? ` after ${attempts} attempts, ${OUTCOMES[first][2]} at first` : "");
    place.setAttribute("aria-label", place.title);
    place.replaceChildren(drawn);
  }

  arrange() {
    const value = this.values();
    const rows = [...this.rows.values()].sort((one, other) => value(one) - value(other) || one.at - other.at);
    rows.forEach((row, at) => { if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] ?? null); });
    if (rows.length && !this.stop?.isConnected) this.stopAt(rows[0].firstChild);
  }

  // The tabulator key stops once in the table; arrows move in it.
  stopAt(cell) {
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = cell;
    cell.tabIndex = 0;
  }

  values() {
    const column = this.questions.findIndex((question) => question.id === this.sort);
    if (column >= 0) return (row) => Object.keys(OUTCOMES).indexOf(row.student.cells[column][0]);
    if (this.sort === "now") return (row) => ORDER.indexOf(row.student.activity);
    if (this.sort === "done") return (row) => -row.student.done;
    return (row) => row.at;
  }

  isInUse() {
    return this.body.matches(":hover") || this.body.querySelector(":focus-visible") !== null;
  }

  choose(cell) {
    if (!cell) return;
    const chosen = [cell.parentElement.dataset.id, cell.dataset.question ?? null];
    const isAgain = chosen.every((part, at) => part === this.selected[at]);
    this.selected = isAgain ? [null, null] : chosen;
    this.mark();
    this.onChoice(this.selected);
  }

  mark() {
    const [id, question] = this.selected;
    for (const old of this.body.querySelectorAll(".selected")) old.classList.remove("selected");
    const row = this.rows.get(id);
    row?.classList.add("selected");
    if (question) row?.querySelector(`[data-question="${CSS.escape(question)}"]`)?.classList.add("selected");
  }

  press(event) {
    const cell = event.target.closest("td, th");
    if (event.key === "Enter" || event.key === " ") this.choose(cell);
    const next = {
      ArrowLeft: () => cell.previousElementSibling,
      ArrowRight: () => cell.nextElementSibling,
      ArrowUp: () => cell.parentElement.previousElementSibling?.children[cell.cellIndex],
      ArrowDown: () => cell.parentElement.nextElementSibling?.children[cell.cellIndex],
    }[event.key]?.();
    next?.focus();
    if (next || event.key === " ") event.preventDefault();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const frame = parentElement.querySelector(".frame");
  const grid = (frame.grid ??= new Grid(parentElement)); // the next data come to the same place
  grid.onChoice = (selected) => setStateValue("selected", selected);
  grid.show(data);
}
