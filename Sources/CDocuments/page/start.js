/** Light, dark, or as the system has it; kept where the browser lets us keep it. */
const theme = {
  modes: ["auto", "light", "dark"],
  mode: "auto",

  start() {
    try { theme.mode = localStorage.getItem("theme") ?? "auto"; } catch { /* It is not kept, then. */ }
    if (!theme.modes.includes(theme.mode)) theme.mode = "auto";
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => theme.apply(dark.matches));
    byId("theme").addEventListener("click", () => {
      theme.mode = theme.modes[(theme.modes.indexOf(theme.mode) + 1) % theme.modes.length];
      try { localStorage.setItem("theme", theme.mode); } catch { /* Likewise. */ }
      theme.apply(dark.matches);
    });
    theme.apply(dark.matches);
  },

  apply(systemIsDark) {
    const isDark = theme.mode === "dark" || (theme.mode === "auto" && systemIsDark);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    byId("theme").textContent = { auto: "Auto", light: "Light", dark: "Dark" }[theme.mode];
    byId("theme").setAttribute("aria-label", `Colours: ${{ auto: "as the system has them", light: "light", dark: "dark" }[theme.mode]}`);
    playground.show();
    remedies.show();
    metrics.show();
  },
};

/** What the server offers is in its own descriptions; nothing is asked for that is not there. */
async function showServer() {
  const document = await reference.load();
  if (document) metrics.start("/metrics" in document.paths);
  await models.load();
}

credentials.start();
dropping.start();
glossary.start();
remedies.start();
codePanel.start();
playground.start();
stamps.start();
photo.start();
theme.start();
server.whenServing(showServer);
server.schedule();
