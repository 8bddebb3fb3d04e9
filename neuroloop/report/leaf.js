/* Leaf through maps or images: buttons, arrow keys, a search where there is one. Without it all pages stand below each other. */
(() => {
  const leaves = [...document.querySelectorAll(".leaf")].map((leaf) => {
    const pages = [...leaf.querySelectorAll(".leaf-page")];
    const maps = [...leaf.querySelectorAll(".leaf-map")];
    const count = leaf.querySelector(".leaf-count");
    let now = 0;
    const show = (place) => {
      now = (place + pages.length) % pages.length;
      pages.forEach((page, number) => { page.hidden = number !== now; });
      const names = [...pages[now].children].map((map) => map.dataset.name).filter(Boolean);
      const ends = names.length > 1 ? `${names[0]} to ${names[names.length - 1]}` : names[0];
      count.textContent = `${now + 1} of ${pages.length}` + (ends ? `: ${ends}` : "");
    };
    const step = (by) => show(now + by);
    const several = pages.length > 1;
    leaf.querySelector(".leaf-back").hidden = leaf.querySelector(".leaf-on").hidden = !several;
    const find = leaf.querySelector(".leaf-find");
    const fade = leaf.querySelector(".leaf-fade");
    if (find) find.hidden = !several;
    if (fade) fade.hidden = false;
    leaf.querySelector(".leaf-back").addEventListener("click", () => step(-1));
    leaf.querySelector(".leaf-on").addEventListener("click", () => step(1));
    find?.querySelector("input").addEventListener("input", (event) => {
      const asked = event.target.value.trim().toLowerCase();
      const cells = new Set(asked.split(/[\s+]+/).filter(Boolean));
      const known = (map) => map.dataset.name.toLowerCase().split("+");
      const found = maps.filter((map) => cells.size && [...cells].every((cell) => known(map).includes(cell)));
      maps.forEach((map) => map.classList.toggle("found", found.includes(map)));
      const best = found.find((map) => known(map).length === cells.size) || found[0];
      if (best) show(pages.indexOf(best.parentElement));
    });
    fade?.querySelector("input").addEventListener("input", (event) =>
      leaf.style.setProperty("--fade", event.target.value));
    show(0);
    return { leaf, step };
  });
  const middle = (one) => {
    const box = one.leaf.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0 ? Math.abs((box.top + box.bottom - innerHeight) / 2) : Infinity;
  };
  document.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches("input, .table, .table *, pre")) return;
    const own = leaves.find((one) => one.leaf.contains(event.target));
    const near = leaves.filter((one) => middle(one) < Infinity).sort((a, b) => middle(a) - middle(b))[0];
    if (own || near) {
      (own || near).step(by);
      event.preventDefault();
    }
  });
})();
