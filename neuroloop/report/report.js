/* Sorting and searching. Without it tables stand as they are. */
(() => {
  const value = (row, place) => {
    const text = row.cells[place].dataset.value ?? row.cells[place].textContent;
    const number = Number(text);
    return text === "" || Number.isNaN(number) ? text : number;
  };
  const { compare: alphabetical } = new Intl.Collator(undefined, { numeric: true });
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    if (typeof a === "number" && typeof b === "number") return a - b;
    return alphabetical(String(a), String(b));
  };
  const FIRST = 200; // rows of a long table that are drawn before all are asked for
  document.querySelectorAll("details.data:has(tbody)").forEach((box) => {
    const body = box.querySelector("tbody");
    let rows = [...body.rows];
    let words = [];
    const all = box.querySelector(".all");
    const search = box.querySelector("input");
    const count = box.querySelector(".count");
    const show = () => {
      const most = all && !all.hidden ? FIRST : rows.length;
      let found = 0;
      rows.forEach((row) => {
        const matches = !words.length || words.every((word) => (row.words ??= row.textContent.toLowerCase()).includes(word));
        found += matches;
        row.hidden = !matches || found > most;
      });
      const told = words.length ? `${found} of ${rows.length} rows` : "";
      if (count) count.textContent = found > most ? `the first ${most} of ${told || `${found} rows`}` : told;
    };
    if (all && rows.length > FIRST) {
      all.hidden = false;
      all.addEventListener("click", () => { all.hidden = true; show(); });
      show();
    }
    const heads = [...box.querySelectorAll("thead th")];
    heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = rows.map((row, number) => [value(row, place), number]);
      order.sort((a, b) => {
        const found = compare(a[0], b[0]);
        return (down && a[0] !== "" && b[0] !== "" ? -found : found) || a[1] - b[1];
      });
      rows = order.map(([, number]) => rows[number]);
      show();
      body.append(...rows);
    }));
    if (search) search.addEventListener("input", () => {
      words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      show();
    });
    const table = box.querySelector(".table");
    const wide = () => { if (box.open) box.classList.toggle("wide", table.scrollWidth > table.clientWidth + 1); };
    box.addEventListener("toggle", wide);
    addEventListener("resize", wide);
    wide();
  });

  document.querySelectorAll("button.copy").forEach((button) => {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.of).textContent);
      button.textContent = "Copied";
    });
  });
  const open = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (found && found.matches("details")) found.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
