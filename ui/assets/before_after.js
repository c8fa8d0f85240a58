// Two pictures over each other; the line between them follows the pointer, the finger and the arrow keys.

const SMALL_PX = 256; // as in ui/enlarged.py: below it every pixel is shown as a square

export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".frame");
  const range = frame.querySelector("input");
  for (const side of ["first", "second"]) {
    const picture = frame.querySelector(`img.${side}`);
    picture.onload = () => picture.classList.toggle("small", Math.max(picture.naturalWidth, picture.naturalHeight) < SMALL_PX);
    if (picture.src !== data[side].url) picture.src = data[side].url;
    picture.alt = data[side].title;
    parentElement.querySelector(`p .${side}`).textContent = data[side].title;
  }
  range.setAttribute("aria-label", `Left of the line: ${data.first.title}. Right of it: ${data.second.title}`);
  const move = () => {
    frame.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `The line stands at ${range.value} percent of the width`);
  };
  range.oninput = move;
  move();
}
