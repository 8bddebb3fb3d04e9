/* Theme, and figures to enlarge. Without it a page has the system's theme, and figures their own size. */
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("neuroloop-theme"); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem("neuroloop-theme", theme); } catch { /* a file may have no storage */ } };
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  if (kept()) root.dataset.theme = kept();

  document.addEventListener("DOMContentLoaded", () => {
    const theme = document.querySelector("button.theme");
    const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
    theme.hidden = false;
    name();
    theme.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      keep(root.dataset.theme);
      name();
    });

    const pictures = document.querySelectorAll("figure > img");
    if (!pictures.length) return;
    const large = document.createElement("dialog");
    large.className = "large";
    const [close, shown] = ["button", "img"].map((kind) => large.appendChild(document.createElement(kind)));
    [close.type, close.textContent] = ["button", "Close"];
    document.body.append(large);
    [close, shown].forEach((one) => one.addEventListener("click", () => large.close()));
    const enlarge = (picture) => {
      [shown.src, shown.alt] = [picture.src, picture.alt];
      large.style.setProperty("--own", `${picture.width > innerWidth ? picture.width : picture.naturalWidth}px`);
      large.showModal();
    };
    pictures.forEach((picture) => {
      const button = document.createElement("button");
      [button.type, button.className, button.textContent] = ["button", "enlarge", "enlarge"];
      button.setAttribute("aria-label", `enlarge: ${picture.alt}`);
      [button, picture].forEach((one) => one.addEventListener("click", () => enlarge(picture)));
      picture.classList.add("enlarges");
      (picture.parentNode.querySelector("figcaption small") ?? picture.parentNode).append(" ", button);
    });
  });
})();
