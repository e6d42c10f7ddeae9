/** The token that this page's requests bring: typed in, and kept with this tab where the browser lets us keep it. */
const credentials = {
  token: null,

  start() {
    try { credentials.token = sessionStorage.getItem("token"); } catch { /* It is not kept, then. */ }
    byId("token-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = byId("token").value.trim();
      // RFC 6750, section 2.1.
      if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return credentials.ask("That is no token: letters, digits and any of . _ ~ + / - only.", true);
      credentials.token = token;
      try { sessionStorage.setItem("token", token); } catch { /* Likewise. */ }
      byId("token").value = "";
      byId("token-form").hidden = true;
      server.beginAgain();
    });
  },

  fields() { return credentials.token ? { Authorization: `Bearer ${credentials.token}` } : {}; },

  /** Shows where a token can be typed in, and why; `isRefused` marks the last one as wrong. */
  ask(sentence, isRefused = false) {
    byId("token").setAttribute("aria-invalid", String(isRefused));
    byId("token-sentence").textContent = sentence;
    byId("token-form").hidden = false;
  },
};
