/* Browse by buttons, thumbnails and arrow keys; without it all images stand below each other. */
(() => {
  const slides = [...document.querySelectorAll(".slide")];
  const thumbs = [...document.querySelectorAll(".thumb")];
  if (!slides.length) return;
  const count = document.querySelector(".count");
  let now = 0;
  const show = (place) => {
    now = (place + slides.length) % slides.length;
    slides.forEach((slide, number) => { slide.hidden = number !== now; });
    thumbs.forEach((thumb, number) => thumb.setAttribute("aria-current", number === now));
    count.textContent = `${now + 1} of ${slides.length}`;
  };
  const named = () => slides.findIndex((slide) => "#" + slide.id === location.hash);
  thumbs.forEach((thumb, number) => thumb.addEventListener("click", () => show(number)));
  document.querySelector(".back").addEventListener("click", () => show(now - 1));
  document.querySelector(".on").addEventListener("click", () => show(now + 1));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input[type=range]") || event.altKey || event.ctrlKey ||
        event.metaKey) return;
    if (event.key === "ArrowLeft") show(now - 1);
    else if (event.key === "ArrowRight") show(now + 1);
    else return;
    event.preventDefault();
  });
  document.querySelector(".fade").addEventListener("input", (event) =>
    document.documentElement.style.setProperty("--fade", event.target.value));
  const outlines = document.querySelector(".outlines");
  if (outlines) outlines.addEventListener("change", (event) =>
    document.body.classList.toggle("no-outline", !event.target.checked));
  window.addEventListener("hashchange", () => { if (named() >= 0) show(named()); });
  show(Math.max(named(), 0));
})();
