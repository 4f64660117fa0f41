// The theme, set before the first paint so that nothing flashes. A classic script in the head on
// purpose: it runs before the page is drawn, and also where modules may not load.
{
  const ORDER = ["auto", "light", "dark"];
  const KEY = "netsplit-theme";
  const root = document.documentElement;

  // In a frame without storage even touching `localStorage` throws; then the choice lasts as
  // long as the page.
  const recall = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Nothing to do: the theme is set all the same.
    }
  };

  let theme = "auto";
  const set = (next) => {
    theme = ORDER.includes(next) ? next : "auto";
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  set(recall());
  root.classList.add("scripted");

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".theme");
    if (!button) return;
    const label = () => {
      button.textContent = `Theme: ${theme}`;
    };
    label();
    button.addEventListener("click", () => {
      set(ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]);
      keep(theme);
      label();
    });
  });
}
