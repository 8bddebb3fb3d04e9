"""How the page of a gallery looks, and how it is leafed through."""

STYLE = """
:root { --fade: 1; --right: #007a5a; --wrong: #c24e00; --line: #dfe3e8; --soft: #5f6b7a; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1d2530; margin: 0 auto; max-width: 88rem;
       padding: 1.2rem 1.6rem 4rem; background: #fff; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem;
     padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
.facts { color: var(--soft); margin: .1rem 0 .6rem; }
nav.sections a { margin-right: 1.1rem; } a { color: #0060a0; }
.controls { display: flex; align-items: center; gap: .8rem; flex-wrap: wrap; margin: .8rem 0; }
button { font: inherit; border: 1px solid var(--line); background: #f6f8fa; border-radius: 6px;
         padding: .25rem .8rem; cursor: pointer; } button:hover { background: #e9eef3; }
.count { font-variant-numeric: tabular-nums; min-width: 5.2rem; text-align: center; }
.strip { display: flex; flex-wrap: wrap; gap: 5px; margin-bottom: 1rem; }
.thumb { width: 52px; aspect-ratio: var(--ratio); padding: 0; border: 3px solid var(--line);
         border-radius: 5px; background: var(--picture) 0 0 / 100% 100%; opacity: .62; }
.thumb:hover { background: var(--picture) 0 0 / 100% 100%; opacity: 1; }
.thumb.is-right { border-color: var(--right); } .thumb.is-wrong { border-color: var(--wrong); }
.thumb[aria-current=true] { opacity: 1; outline: 3px solid #1d2530; outline-offset: 1px; }
.slide { display: grid; grid-template-columns: minmax(14rem, 20rem) 1fr; gap: 1.6rem;
         align-items: start; margin-bottom: 2rem; }
.slide[hidden] { display: none; }
.slide h3 { margin: .7rem 0 .1rem; font-size: 1.02rem; overflow-wrap: anywhere; }
.named { font-size: 1.2rem; margin: .1rem 0; } .named b { margin-right: .3rem; }
.is-right .tag { background: var(--right); } .is-wrong .tag { background: var(--wrong); }
.tag { color: #fff; border-radius: 4px; font-size: .78rem; padding: .1rem .45rem;
       vertical-align: 2px; margin-left: .3rem; }
.truth { margin: 0 0 .6rem; color: var(--soft); } .truth b { color: #1d2530; }
.chances { display: grid; grid-template-columns: auto 1fr auto; gap: .15rem .5rem;
           font-size: .84rem; align-items: center; }
.chances i { height: .6rem; background: #9fb3c8; border-radius: 2px; min-width: 1px; }
.chances .top { background: #2b5c8a; }
.chances span:last-of-type { font-variant-numeric: tabular-nums; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr));
        gap: 1.1rem 1.2rem; }
figure { margin: 0; }
.map figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .25rem; }
.frame { position: relative; aspect-ratio: var(--ratio); background: #fff; overflow: hidden;
         border: 1px solid var(--line); }
.frame > * { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.picture { background: var(--picture) 0 0 / 100% 100%; image-rendering: var(--pixels); }
.map .picture { opacity: var(--fade); } .frame img { image-rendering: pixelated; }
.frame path { fill: none; stroke: #19c3ff; stroke-width: 1.6px;
              vector-effect: non-scaling-stroke; }
.no-outline .frame svg { display: none; }
.frame p { padding: .8rem; margin: 0; font-size: .84rem; overflow: auto; }
.refused { background: #f3f4f6; color: #444c57; border-style: dashed; }
.problem { inset: auto 0 0 0 !important; height: auto !important; background: #fffd;
           text-align: center; padding: .2rem !important; color: var(--wrong); }
.bar { height: .55rem; margin-top: .3rem; background-color: #808080; border-radius: 2px; }
.ends { display: flex; justify-content: space-between; font-size: .76rem; color: var(--soft);
        font-variant-numeric: tabular-nums; gap: .5rem; }
.ends span:last-child { white-space: nowrap; }
.note { color: var(--soft); font-size: .86rem; max-width: 62rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; white-space: nowrap;
         border-bottom: 1px solid var(--line); }
thead th { border-bottom: 1px solid #1d2530; background: #fff; }
thead tr:first-child th { border-bottom: 0; padding-bottom: 0; }
thead tr + tr th { font-weight: 400; color: var(--soft); }
.sanity td { font-variant-numeric: tabular-nums; } .sanity .value { font-weight: 600; }
.sanity tbody th { position: sticky; left: 0; background: #fff; }
.interval { color: var(--soft); } .beside { display: block; color: var(--soft); font-size: .74rem; }
.verdict { display: block; font-size: .76rem; font-weight: 600; }
td.good { background: #e8f5f0; } td.good .verdict { color: var(--right); }
td.bad { background: #fdeee3; } td.bad .verdict { color: var(--wrong); }
td.open .verdict { color: var(--soft); font-weight: 400; } td.none { color: #aaa; }
.meanings { font-size: .84rem; color: var(--soft); max-width: 68rem; padding-left: 1.1rem; }
.looks figure { margin: .6rem 0; } .looks img, details img { max-width: min(100%, 56rem); }
details { margin: .6rem 0; } summary { cursor: pointer; color: #0060a0; }
.reason { background: #f3f4f6; border: 1px dashed #c3c9d1; padding: .6rem .9rem; max-width: 56rem; }
@media (max-width: 50rem) { .slide { grid-template-columns: 1fr; } }
@media print { .controls, .strip, nav { display: none; } .slide[hidden] { display: grid; } }
"""

#: Leafs by buttons, thumbnails and arrow keys; without it all images stand below each other.
SCRIPT = """
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
"""
