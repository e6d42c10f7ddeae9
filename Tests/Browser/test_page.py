"""The page at /, used as people use it: in Chromium, with mouse, keyboard and files, against the real server.

usage: test_page.py PROGRAM SCREENSHOTS; scripts/test-page installs what this needs.
"""

import base64
import http.server
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import numpy as np
import yaml
from PIL import Image
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from server import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTHS = {360: 780, 390: 844, 820: 1100, 1440: 900}


class Visit:
    """One open page, and all that its console said."""

    def __init__(self, browser, server, width=1440, scheme="light", waits=True, path="/", **options):
        self.server = server
        self.context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, **options)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.origin)
        self.context.add_init_script(
            "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective));")
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(server.origin + path)
        if waits:
            self.settled()

    def settled(self):
        """Waits until the playground shows what its controls say, and the server's parts are there."""
        self.wait_for("document.getElementById('equation').ariaBusy !== 'true' && playground.result && remedies.shown && photo.shown && reference.document && document.querySelector('.model') !== null")

    def wait_for(self, condition, seconds=15):
        """Asks again and again from outside: the policy lets nobody evaluate texts inside."""
        end = time.monotonic() + seconds
        while not self.value(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}"
            time.sleep(0.05)

    def value(self, expression, argument=None):
        return self.page.evaluate(expression, argument)

    def output_is_the_servers(self):
        """Compares what the page shows with an answer that was asked for without the page; gives the output."""
        shown = self.value("""() => { const { input, filters, output, settings } = playground.result;
          const plain = (t) => ({ shape: t.shape, data: Array.from(t.data) });
          return { input: plain(input), filters: plain(filters), output: plain(output), strides: settings.stride, padding: settings.padding }; }""")
        output = shown.pop("output")
        answer = self.server.convolve(shown)
        assert answer["shape"] == output["shape"], (answer["shape"], output["shape"])
        np.testing.assert_array_equal(np.float32(answer["data"]), np.float32(output["data"]))
        return np.float32(output["data"]).reshape(output["shape"])

    def point_at(self, name, row, column):
        canvas = self.page.locator(f"#map-{name} canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        cell = self.value("(name) => playground.maps[name].cell", name)
        self.page.mouse.move(box["x"] + (column + 0.5) * cell, box["y"] + (row + 0.5) * cell)

    def drop(self, selector, name, content):
        """Drops a file, as a file manager would."""
        self.page.evaluate("""([selector, name, text]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name));
          const target = document.querySelector(selector);
          for (const type of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
        }""", [selector, name, base64.b64encode(content).decode()])
        self.settled()

    def close(self, complaints=()):
        """Nothing was complained of, but for refusals with these statuses."""
        assert self.value("violations") == [], self.value("violations")
        left = [text for text in self.complaints if not any(f"status of {status}" in text for status in complaints)]
        assert left == [], left
        self.context.close()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_the_seed_example_is_there_at_first_sight(visit):
    output = visit.output_is_the_servers()
    assert output.shape == (3, 8, 8, 4)
    assert output[0, :4, :4, 0].tolist() == [[2, 2, 4, 2], [2, 2, 4, 2], [4, 4, 8, 4], [2, 2, 4, 2]]
    page = visit.page
    expect(page.locator("#finding")).to_contain_text("still the output runs from 2 to 8")
    expect(page.locator("#unevenness")).to_contain_text("4 ×")
    expect(page.locator("#unevenness")).to_contain_text("48 %")
    box = page.locator("#map-output canvas").bounding_box()
    assert box["y"] + box["height"] * 0.75 < 900, "the checkerboard is below the fold"
    # The colours of the drawn cells tell 2, 4 and 8 apart.
    colors = visit.value("""() => { const { canvas, cell } = playground.maps.output;
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [[0, 0], [0, 2], [2, 4]].map(([row, column]) => { const at = ((row * cell + 5) * canvas.width + column * cell + 5) * 4; return data.slice(at, at + 3).join(); }); }""")
    assert len(set(colors)) == 3, colors


def test_clicks_and_typing_change_the_layer(visit):
    page = visit.page
    page.get_by_role("button", name="More: Kernel").click()
    visit.settled()
    expect(page.locator("#finding")).to_contain_text("4 × 4 divides by stride 2")
    assert visit.output_is_the_servers()[0, 2:6, 2:6, 0].tolist() == [[8] * 4] * 4
    page.locator("#stride").fill("3")
    page.locator("#kernel").fill("5")
    page.locator('label[for="padding-valid"]').click()
    page.locator("#input-kind").select_option("normal")
    page.locator("#filter-kind").select_option("glorot")
    visit.settled()
    assert visit.output_is_the_servers().shape == (3, 14, 14, 4)
    for preset in page.locator("[data-preset]").all():
        preset.click()
        visit.settled()
        visit.output_is_the_servers()
        assert preset.get_attribute("aria-pressed") == "true"


def test_every_output_is_explained_by_what_lights_up(visit):
    visit.page.locator('[data-preset="dcgan"]').click()
    visit.settled()
    output = visit.output_is_the_servers()
    sums = visit.value("""() => { const { layer, input, filters, output } = playground.result; const sums = [];
      for (let y = 0; y < output.shape[1]; y++) for (let x = 0; x < output.shape[2]; x++) { let sum = 0;
        for (const m of layer.meetings(y, x)) for (let c = 0; c < input.shape[3]; c++)
          sum += input.at(0, m.inputRow, m.inputColumn, c) * filters.at(m.tapRow, m.tapColumn, 0, c);
        sums.push(sum); } return sums; }""")
    np.testing.assert_allclose(np.array(sums).reshape(output.shape[1:3]), output[0, :, :, 0], atol=1e-5)
    overlap = visit.value("""() => { const { layer, overlap } = playground.result; return [layer.rows, layer.columns].map((axis) =>
      Array.from({ length: axis.output }, (_, at) => axis.meetings(at).length)).concat([Array.from(overlap.data)]); }""")
    np.testing.assert_array_equal(np.outer(overlap[0], overlap[1]).ravel(), overlap[2])

    visit.page.locator('[data-preset="seed"]').click()
    visit.settled()
    visit.point_at("output", 2, 4)
    expect(visit.page.locator("#pixel h2")).to_have_text("Output (2, 4) = 8")
    assert visit.page.locator("#pixel tbody tr").count() == 4
    lit = visit.value("""() => ["input", "filters"].map((name) => { const map = playground.maps[name]; const cells = [];
      for (let y = 0; y < map.height; y++) for (let x = 0; x < map.width; x++) if (map.lit(y, x)) cells.push(`${y},${x}`); return cells.join(" "); })""")
    assert lit == ["0,1 0,2 1,1 1,2", "0,0 0,2 2,0 2,2"], lit
    assert visit.page.locator('.phase[data-lit="true"]').get_attribute("data-phase") == "0,0"
    visit.point_at("output", 1, 1)
    expect(visit.page.locator("#pixel h2")).to_have_text("Output (1, 1) = 2")
    visit.point_at("input", 0, 0)
    expect(visit.page.locator("#pixel")).to_contain_text("stamps one copy of the filter, times its value, on 9 output pixels")


def test_remedies_remove_what_they_say(visit):
    page = visit.page
    def scores():
        visit.settled()
        page.wait_for_timeout(500)
        return [text.strip() for text in page.locator("#remedy-cards .score b").all_inner_texts()]
    assert scores() == ["48 %", "0 %", "0 %", "0 %", "0 %"]
    # Random weights: a kernel that the stride divides is no longer enough.
    page.locator('[data-preset="dcgan"]').click()
    as_it_is, divisible, icnr, resized, smoothed = scores()
    assert "0 %" not in (as_it_is, divisible), (as_it_is, divisible)
    assert [icnr, resized, smoothed] == ["0 %"] * 3, (icnr, resized, smoothed)
    # Another picture changes what is drawn, not what the layer is.
    page.locator("#probe").select_option("disc")
    assert scores() == [as_it_is, divisible, icnr, resized, smoothed]
    page.locator("#probe").select_option("ones")
    scores()
    # The resized one against NumPy: nearest neighbour, then a plain same-size convolution.
    found = visit.value("""() => { const { filters } = playground.result; const image = remedies.probe(playground.result);
      const plain = (t) => ({ shape: t.shape, data: Array.from(t.data) });
      return { image: plain(image), filters: plain(filters), output: plain(remedies.shown.cards[3].output) }; }""")
    image, filters, output = (np.array(found[name]["data"]).reshape(found[name]["shape"]) for name in ("image", "filters", "output"))
    larger = np.pad(image[0].repeat(2, 0).repeat(2, 1), ((2, 2), (2, 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(larger, (5, 5), (0, 1))
    np.testing.assert_allclose(np.einsum("yxcij,ijoc->yxo", windows, filters), output[0], atol=1e-5)


def test_tensors_of_ones_own(visit):
    page = visit.page
    page.locator("#more summary").click()
    page.locator("#own-input").fill("[[1, 2], [3")
    page.locator("#use-input").click()
    expect(page.locator("#own-input-fault")).to_contain_text("This is not JSON")
    page.locator("#own-input").fill("[[1, 2], [3]]")
    page.locator("#use-input").click()
    expect(page.locator("#own-input-fault")).to_contain_text("ragged")
    page.locator("#own-input").fill("[[1, 2], [3, 4]]")
    page.locator("#use-input").click()
    page.locator("#own-filters").fill('{"shape": [2, 2], "data": [1, 10, 100, 1000]}')
    page.locator("#use-filters").click()
    visit.settled()
    expected = np.kron(np.array([[1, 2], [3, 4]]), np.array([[1, 10], [100, 1000]]))
    np.testing.assert_array_equal(visit.output_is_the_servers()[0, :, :, 0], expected)

    image = np.random.default_rng(1).normal(size=(2, 5, 3, 2))
    for array in (np.asfortranarray(image), image.astype(">f4"), (image * 50).astype("i2"), image.astype("f2"), image > 0):
        visit.drop("#figure-input", "x.npy", npy(array))
        data = visit.value("Array.from(playground.result.input.data)")
        np.testing.assert_array_equal(np.float32(data).reshape(array.shape), array.astype("f4"))
        visit.output_is_the_servers()
    filters = np.random.default_rng(2).normal(size=(3, 2, 4, 2)).astype("f4")
    visit.drop("#figure-filters", "w.npy", npy(filters))
    assert visit.value("playground.result.filters.shape") == [3, 2, 4, 2]
    visit.output_is_the_servers()
    page.locator("#file-filters").set_input_files({"name": "w.npy", "mimeType": "", "buffer": npy(filters[:, :, :1])})
    visit.settled()
    assert visit.output_is_the_servers().shape[3] == 1
    visit.drop("#figure-input", "x.npy", npy(image)[:200])
    expect(page.locator("#file-input-fault")).to_contain_text("cut off")


def test_copied_code_runs_and_gives_what_is_shown(visit):
    page = visit.page
    page.locator("#kernel").fill("4")
    page.locator("#filter-kind").select_option("glorot")
    page.locator("#input-kind").select_option("ramp")
    visit.settled()
    output = visit.output_is_the_servers()

    def copied(tab):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("button", name="Copy").click()
        expect(page.locator("#copy")).to_have_text("Copied")
        page.wait_for_timeout(1700)
        return page.evaluate("navigator.clipboard.readText()")

    answer = json.loads(subprocess.run(["bash", "-c", copied("curl")], check=True, capture_output=True).stdout)
    np.testing.assert_array_equal(np.float32(answer["data"]).reshape(answer["shape"]), output)
    python = copied("Python (tritonclient)") + '\nnp.save("y.npy", y)\n'
    subprocess.run([sys.executable, "-c", python], check=True, cwd=visit.server.folder, capture_output=True)
    np.testing.assert_allclose(np.load(visit.server.folder / "y.npy"), output, rtol=1e-5, atol=1e-5)
    for tab in ("TensorFlow", "PyTorch"):
        compile(copied(tab), tab, "exec")


def test_models_are_listed_and_can_be_tried(visit):
    page = visit.page
    gist = page.locator(".model", has=page.get_by_role("heading", name="gist", exact=True))
    expect(gist).to_contain_text("x [·, 4, 4, 2] → y [·, 8, 8, 4]")
    gist.get_by_label("Shape of x").fill("2, 4, 4, 2")
    gist.get_by_role("button", name="Infer").click()
    expect(gist.locator(".result")).to_contain_text("y [2, 8, 8, 4]")
    expect(gist.locator(".result")).to_contain_text("from 2 to 8")
    gist.get_by_role("button", name="Picture", exact=True).click()
    expect(gist.locator(".result")).to_contain_text("drawn by the server")
    size = gist.locator("img").evaluate("(image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])")
    assert max(size) >= 256, size
    # Wrong on purpose: the sentence is the page's own, before anything is sent.
    gist.get_by_label("Shape of x").fill("2, four")
    gist.get_by_role("button", name="Infer").click()
    expect(gist.locator(".result")).to_contain_text("whole numbers")


def test_the_reference_is_the_servers_document(visit):
    text, _ = visit.server.get("/openapi.yaml")
    assert visit.value("reference.document") == json.loads(json.dumps(yaml.safe_load(text)))
    operation = visit.page.locator(".operation", has_text="/v1/conv2d_transpose").first
    operation.locator("> summary").click()
    expect(operation).to_contain_text("output_padding")
    expect(operation).to_contain_text("application/vnd.safetensors")


def test_metrics_are_worked_out_from_prometheus_text(visit):
    text = """# TYPE upconv_http_requests_total counter
upconv_http_requests_total{route="/v2/models/{model}/infer",method="POST",status="200"} %d
upconv_http_requests_total{route="/metrics",method="GET",status="200"} 999
upconv_http_request_duration_seconds_bucket{route="/x",le="0.001"} %d
upconv_http_request_duration_seconds_bucket{route="/x",le="0.01"} %d
upconv_http_request_duration_seconds_bucket{route="/x",le="+Inf"} %d
upconv_queue_depth{model="a"} 3
upconv_queue_depth{model="b"} 4
"""
    moments = [text % (100, 10, 10, 10), text % (200, 60, 110, 110)]
    found = visit.value("""(texts) => { const [a, b] = texts.map((text) => momentOf(readMetrics(text)));
      return [b.requests - a.requests, b.queue, quantile(0.5, a, b), quantile(0.75, a, b), quantile(0.5, b, b)]; }""", moments)
    assert found[0] == 100 and found[1] == 7 and found[4] is None, found
    np.testing.assert_allclose(found[2:4], [0.001, 0.0055])
    if "/metrics" in yaml.safe_load(visit.server.get("/openapi.yaml")[0])["paths"]:
        for _ in range(50):
            visit.server.convolve({"input": [[[[1]]]], "filters": [[[[1]]]]})
        visit.wait_for("metrics.moments.length > 2 && document.getElementById('now-p50').textContent.trim() !== '–'")
    else:
        expect(visit.page.locator("#metric-plots")).to_contain_text("no /metrics")


def test_the_keyboard_is_enough(visit):
    page = visit.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    seen = set()

    def tab_to(wanted):
        for _ in range(80):
            page.keyboard.press("Tab")
            here = page.evaluate("document.activeElement.id || document.activeElement.parentElement?.parentElement?.id")
            seen.add(here)
            shown = page.evaluate("""() => { const e = document.activeElement; const holder = e.closest('.stepper, .segments') ?? e;
              const s = getComputedStyle(holder); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }""")
            assert shown, f"no focus ring on {here}"
            if here == wanted:
                return
        raise AssertionError(f"Tab does not reach {wanted}: {seen}")

    tab_to("map-output")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#pixel h2")).to_contain_text("Output (3, 3)")
    page.keyboard.press("End")
    expect(page.locator("#pixel h2")).to_contain_text("Output (3, 7)")
    tab_to("stamp-step")
    page.keyboard.press("Enter")
    expect(page.locator("#stamp-count")).to_have_text("1 of 16 copies")
    tab_to("stamp-at")
    page.keyboard.press("End")
    expect(page.locator("#stamp-count")).to_have_text("16 of 16 copies")
    tab_to("kernel")
    page.keyboard.press("ArrowUp")
    visit.settled()
    assert visit.value("playground.result.settings.kernel") == 4
    tab_to("padding-same")
    page.keyboard.press("ArrowRight")
    visit.settled()
    assert visit.value("playground.result.settings.padding") == "VALID"
    visit.output_is_the_servers()
    tab_to("photo-kernel")
    page.keyboard.press("ArrowRight")
    visit.wait_for("photo.shown.kernel === 4")
    expect(page.locator("#photo-score")).to_have_text("0 %")
    tab_to("tab-curl")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-triton"
    expect(page.locator("#code-text")).to_contain_text("tritonclient")
    tab_to("model-gist-1-shape")
    tab_to("reference-search")


def test_a_server_that_goes_away_and_comes_back(visit):
    page, server = visit.page, visit.server
    server.stop()
    expect(page.locator("#outage")).to_be_visible(timeout=8000)
    expect(page.locator("#outage")).to_contain_text("has not answered since")
    expect(page.locator("#status-text")).to_have_text("not reachable")
    page.locator("#kernel").fill("5")
    page.wait_for_timeout(300)
    assert visit.value("playground.result.settings.kernel") == 3, "what is shown is from before"
    server.start()
    expect(page.locator("#outage")).to_be_hidden(timeout=10000)
    expect(page.locator("#status-text")).to_have_text("serving")
    visit.wait_for("playground.result.settings.kernel === 5")
    visit.output_is_the_servers()
    visit.settled()
    # What the browser itself notes of requests that nobody answered is not the page's doing; anything else would be.
    visit.complaints = [text for text in visit.complaints if "ERR_CONNECTION" not in text and "ERR_EMPTY_RESPONSE" not in text]


def test_a_server_that_needs_a_token_says_so_and_takes_one(browser, server):
    tokens = server.folder / "tokens"
    made = [subprocess.run([server.program, "token", name, *roles], capture_output=True, text=True, check=True)
            for name, roles in (("all", ["--role", "infer", "--role", "observe"]), ("some", ["--role", "infer"]))]
    tokens.write_text("".join(run.stdout for run in made))
    tokens.chmod(0o600)
    all_roles, some_roles = (run.stderr.strip() for run in made)
    guarded = Server(server.program, ROOT / "Examples" / "models", "--tokens", str(tokens))
    try:
        visit = Visit(browser, guarded, waits=False)
        form = visit.page.locator("#token-form")
        expect(form).to_contain_text("This server needs a token")
        expect(visit.page.locator("#reference-body details").first).to_be_attached()
        visit.page.fill("#token", "not known")
        visit.page.press("#token", "Enter")
        expect(form).to_contain_text("That is no token")
        expect(visit.page.locator("#token")).to_have_attribute("aria-invalid", "true")
        expect(visit.page.locator("#token")).to_have_accessible_description("That is no token: letters, digits and any of . _ ~ + / - only.")
        visit.page.fill("#token", "unknown")
        visit.page.press("#token", "Enter")
        expect(form).to_contain_text("does not know the token")
        visit.page.fill("#token", some_roles)
        visit.page.press("#token", "Enter")
        visit.settled()
        expect(form).to_be_hidden()
        expect(visit.page.locator("#metric-plots")).to_contain_text("has not the role observe")
        visit.page.reload()
        visit.settled()
        expect(form).to_be_hidden()
        visit.close(complaints=("401", "403"))
        other = Visit(browser, guarded, waits=False)
        other.page.fill("#token", all_roles)
        other.page.press("#token", "Enter")
        other.settled()
        expect(other.page.locator("#now-rate")).to_be_attached()
        # What is tried brings the token; the line for a shell only names it.
        search = other.page.locator("#reference-search")
        search.fill("/v2/models/stats")
        operation = other.page.locator(".operation").filter(has=other.page.locator("> summary code", has_text="/v2/models/stats")).first
        operation.locator("> summary").click()
        operation.get_by_role("button", name="Try it").click()
        expect(operation.locator(".answer")).to_contain_text("200")
        expect(operation.locator(".trial > pre")).to_contain_text('-H "Authorization: Bearer $TOKEN"')
        assert all_roles not in other.page.content()
        search.fill("")
        found = Axe().run(other.page).response["violations"]
        assert not found, found
        other.close(complaints=("401",))
    finally:
        guarded.close()


def test_pages_of_a_listed_origin_read_answers_and_others_do_not(browser, server):
    class Blank(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *arguments):
            pass

    elsewhere = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    port = elsewhere.server_address[1]
    tokens = server.folder / "tokens-of-elsewhere"
    made = subprocess.run([server.program, "token", "page"], capture_output=True, text=True, check=True)
    tokens.write_text(made.stdout)
    tokens.chmod(0o600)
    guarded = Server(server.program, ROOT / "Examples" / "models", "--tokens", str(tokens),
                     "--cors-origin", f"http://localhost:{port}")
    ask = """async ([url, token]) => {
      const ask = async (fields) => {
        try {
          const response = await fetch(url, { method: "POST", body: '{"input":[[[[3]]]],"filters":[[[[2]]]]}',
            headers: { "Content-Type": "application/json", Accept: "application/octet-stream", ...fields } });
          return [response.status, response.headers.get("Upconv-Shape"), response.headers.get("WWW-Authenticate")];
        } catch (error) { return [error.name]; }
      };
      return [await ask({ Authorization: `Bearer ${token}` }), await ask({})];
    }"""
    try:
        page = browser.new_page()
        arguments = [guarded.origin + "/v1/conv2d_transpose", made.stderr.strip()]
        page.goto(f"http://localhost:{port}/")
        assert page.evaluate(ask, arguments) == [[200, "1,1,1,1", None], [401, None, 'Bearer realm="upconv"']]
        # The same host by another name is another origin.
        page.goto(f"http://127.0.0.1:{port}/")
        assert page.evaluate(ask, arguments) == [["TypeError"], ["TypeError"]]
        page.close()
    finally:
        guarded.close()
        elsewhere.shutdown()


def test_the_policy_holds(visit):
    _, headers = visit.server.get("/")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    blocked = visit.value("""() => { const script = document.createElement("script");
      try { script.textContent = "window.slipped = true"; document.body.append(script); } catch { return "refused"; } return window.slipped ?? "blocked"; }""")
    assert blocked in ("refused", "blocked"), blocked
    requests = []
    visit.page.on("request", lambda request: requests.append(request.url))
    visit.page.reload()
    visit.settled()
    foreign = [url for url in requests if not url.startswith((visit.server.origin, "data:", "blob:"))]
    assert foreign == [], foreign
    # That attempt was this test's own.
    visit.complaints = [text for text in visit.complaints if "rust" not in text and "Content Security Policy" not in text]


def test_it_fits_every_width_and_reads_well(browser, server, screenshots):
    screenshots.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            visit = Visit(browser, server, width, scheme)
            visit.page.wait_for_timeout(400)
            assert visit.value("document.documentElement.scrollWidth <= innerWidth"), f"{width} scrolls sideways"
            visit.page.screenshot(path=screenshots / f"{width}-{scheme}.png", full_page=True)
            found = Axe().run(visit.page).response["violations"]
            assert not found, [(rule["id"], [node["html"][:200] + " " + node["failureSummary"] for node in rule["nodes"]]) for rule in found]
            visit.close()


def test_a_refused_number_is_marked_and_says_what_counts(visit):
    page = visit.page
    page.locator("#more summary").click()
    numbers = page.locator('input[type="number"]').all()
    assert len(numbers) == 10, len(numbers)
    for field in numbers:
        good, most = field.input_value(), int(field.get_attribute("max"))
        name = field.get_attribute("id")
        for bad, said in ((str(most + 1), str(most + 1)), ("-1", "-1"), ("", "No number")) + ((("1.5", "1.5"),) if most > 1 else ()):
            field.fill(bad)
            expect(field).to_have_attribute("aria-invalid", "true")
            sentence = page.locator(f"#{field.get_attribute('aria-describedby')}")
            expect(sentence).to_be_visible()
            expect(sentence).to_contain_text(said)
            expect(sentence).to_contain_text(f"{good} still counts")
            assert field.input_value() == bad, name
        visit.settled()
        assert visit.output_is_the_servers().shape == (3, 8, 8, 4), name
        field.fill(good)
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{name}-fault")).to_have_count(0)
    gist = page.locator(".model", has=page.get_by_role("heading", name="gist", exact=True))
    shape = gist.get_by_label("Shape of x")
    shape.fill("2, four")
    gist.get_by_role("button", name="Infer").click()
    expect(shape).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{shape.get_attribute('aria-describedby')}")).to_contain_text("whole numbers")
    own = page.locator("#own-filters")
    own.fill("[1, ")
    page.locator("#use-filters").click()
    expect(own).to_have_attribute("aria-describedby", "own-filters-fault")


def picture(array, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def test_pictures_become_tensors_and_other_files_are_named(visit):
    page = visit.page
    colors = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    visit.drop("#figure-input", "x.png", picture(colors))
    np.testing.assert_allclose(visit.value("Array.from(playground.result.input.data)"), colors.ravel() / 255, atol=1e-6)
    assert visit.output_is_the_servers().shape == (1, 10, 14, 4)
    expect(page.locator("#own-notes")).to_contain_text("x.png, 7 × 5")
    # A name that lies does not matter, and a grey picture has one channel.
    grey = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    visit.drop("#figure-input", "x.npy", picture(grey))
    assert visit.value("playground.result.input.shape") == [1, 5, 7, 1]
    np.testing.assert_allclose(visit.value("Array.from(playground.result.input.data)"), grey.ravel() / 255, atol=1e-6)
    for kind in ("JPEG", "WebP"):
        page.locator("#file-input").set_input_files({"name": "x", "mimeType": "", "buffer": picture(np.full((90, 120, 3), (200, 100, 50), np.uint8), kind, quality=95)})
        visit.wait_for("playground.result.input.shape.join() === '1,48,64,3'")
        np.testing.assert_allclose(visit.value("Array.from(playground.result.input.data.slice(0, 3))"), np.array([200, 100, 50]) / 255, atol=0.03)
        visit.output_is_the_servers()
        visit.drop("#figure-input", "x.png", picture(colors))
    visit.drop("#figure-filters", "w.png", picture(grey[:4, :4]))
    assert visit.value("playground.result.filters.shape") == [4, 4, 4, 3]
    for name, content, said in (("a.pdf", b"%PDF-1.7", "PDF document"), ("a.zip", b"PK\x03\x04" + bytes(40), "ZIP archive"),
                                ("a.h5", b"\x89HDF\r\n", "HDF5"), ("a.xyz", b"\0\1\2", "ends in .xyz"), ("a", b"", "empty"),
                                ("a.png", picture(colors)[:60], "cannot decode")):
        visit.drop("#figure-input", name, content)
        expect(page.locator("#file-input-fault")).to_contain_text(said)
        expect(page.locator("#file-input")).to_have_attribute("aria-invalid", "true")
    visit.drop("#figure-input", "x.png", picture(colors))
    expect(page.locator("#file-input-fault")).to_have_count(0)


def test_arrays_with_channels_first_are_turned(visit):
    page = visit.page
    image = np.random.default_rng(4).normal(size=(2, 3, 6, 6)).astype("f4")
    visit.drop("#figure-input", "x.npy", npy(image))
    assert visit.value("playground.result.input.shape") == [2, 6, 6, 3]
    np.testing.assert_array_equal(np.float32(visit.value("Array.from(playground.result.input.data)")), image.transpose(0, 2, 3, 1).ravel())
    visit.output_is_the_servers()
    expect(page.locator("#own-notes")).to_contain_text("[2, 3, 6, 6] is read as NCHW, channels first, by the shape")
    weights = np.random.default_rng(5).normal(size=(3, 4, 2, 2)).astype("f4")
    visit.drop("#figure-filters", "w.npy", npy(weights))
    np.testing.assert_array_equal(np.float32(visit.value("Array.from(playground.result.filters.data)")), weights.transpose(2, 3, 1, 0).ravel())
    visit.output_is_the_servers()
    # What fits both orders is asked for.
    both = np.random.default_rng(6).normal(size=(3, 5, 3)).astype("f4")
    visit.drop("#figure-input", "x.npy", npy(both))
    assert visit.value("playground.result.input.shape") == [1, 3, 5, 3]
    expect(page.locator("#own-notes")).to_contain_text("fits both orders: which is right?")
    page.locator("#own-notes").get_by_role("button", name="Read as NCHW").click()
    visit.wait_for("playground.result.input.shape.join() === '1,5,3,3'")
    np.testing.assert_array_equal(np.float32(visit.value("Array.from(playground.result.input.data)")), both.transpose(1, 2, 0).ravel())
    expect(page.locator("#own-notes")).to_contain_text("as you said")


def models_of_both_layouts(folder):
    """gist for pictures of any size with 3 channels, in both layouts; each output channel is the sum of all."""
    about = json.loads((ROOT / "Examples" / "models" / "gist" / "model.json").read_text())
    for name, layout, shape in (("rgb_last", "channels_last", [None, None, None, 3]), ("rgb_first", "channels_first", [None, 3, None, None])):
        source, layer = about["config"]["layers"][:2]
        source["config"]["batch_shape"] = shape
        layer["config"].update({"data_format": layout, "filters": 3})
        about["build_config"] = {"input_shape": shape}
        layer.pop("build_config", None)
        (folder / name).mkdir(parents=True)
        (folder / name / "model.json").write_text(json.dumps(about))


def test_models_take_files_show_progress_and_their_output(browser, server):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="upconv-layouts-"))
    models_of_both_layouts(folder)
    layouts = Server(server.program, folder)
    try:
        visit = Visit(browser, layouts)
        page = visit.page
        colors = np.random.default_rng(7).integers(0, 256, (6, 9, 3), dtype=np.uint8)
        expected = layouts.convolve({"input": (colors[None] / np.float32(255)).tolist(), "filters": np.ones((3, 3, 3, 3)).tolist(), "strides": 2})
        least, most = min(expected["data"]), max(expected["data"])
        for name, layout, shape, output in (("rgb_last", "NHWC", "1, 6, 9, 3", "[1, 12, 18, 3]"), ("rgb_first", "NCHW", "1, 3, 6, 9", "[1, 3, 12, 18]")):
            card = page.locator(".model", has=page.get_by_role("heading", name=name, exact=True))
            expect(card.locator(".layout-note")).to_contain_text(layout)
            expect(card.get_by_label("Layout")).to_have_value("channels_first" if layout == "NCHW" else "channels_last")
            for way in ("file", "drop"):
                held = []
                page.route("**/infer", lambda route: held.append(route))
                if way == "file":
                    card.locator('input[type="file"]').set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": picture(colors)})
                else:
                    visit.drop(f"#model-{name}-1-file", "x.png", picture(colors))
                expect(card.locator("progress")).to_be_visible()
                expect(card.get_by_role("status")).to_contain_text("Sending")
                expect(card.get_by_role("button", name="Infer")).to_be_disabled()
                while not held:
                    page.wait_for_timeout(20)
                held[0].continue_()
                page.unroute("**/infer")
                expect(card.locator(".result")).to_contain_text(f"y {output}")
                expect(card.locator("progress")).to_be_hidden()
                assert card.get_by_label("Shape of x").input_value() == shape
            number = lambda value: visit.value("(value) => formatted(value)", value)
            expect(card.locator(".result")).to_contain_text(f"from {number(least)} to {number(most)}")
            expect(card.get_by_role("img", name="y as a picture")).to_be_visible()
            box = card.locator(".result .map-scroll canvas").bounding_box()
            assert abs(box["width"] / box["height"] - 1.5) < 0.01, "the heat map has the output's height and width"
        # An array of the other layout is turned; a wrong one is the server's to refuse.
        visit.drop("#model-rgb_last-1-file", "x.npy", npy(np.ones((3, 5, 4), "f4")))
        card = page.locator(".model", has=page.get_by_role("heading", name="rgb_last", exact=True))
        expect(card).to_contain_text("turned from NCHW to NHWC: sent as [1, 5, 4, 3]")
        expect(card.locator(".result")).to_contain_text("[1, 10, 8, 3]")
        # A run can be cancelled.
        page.route("**/infer", lambda route: None)
        card.get_by_role("button", name="Infer").click()
        card.get_by_role("button", name="Cancel").click()
        expect(card.locator(".result")).to_have_text("Cancelled.")
        expect(card.get_by_role("button", name="Infer")).to_be_enabled()
        page.unroute("**/infer")
        visit.drop("#model-rgb_last-1-file", "x.pdf", b"%PDF-1.7")
        expect(card).to_contain_text("x.pdf is a PDF document")
        visit.close()
        # What the metadata says goes before what the shape looks like.
        visit = Visit(browser, server, waits=False)
        visit.page.route("**/v2/models/gist/versions/1", lambda route: route.fulfill(json=route.fetch().json() | {"parameters": {"data_format": "channels_first"}}))
        visit.page.reload()
        visit.settled()
        expect(visit.page.locator("#model-gist-1-layout")).to_have_value("channels_first")
        expect(visit.page.locator(".model", has_text="gist")).to_contain_text("as the model says")
        visit.drop("#model-gist-1-file", "x.png", picture(colors))
        expect(visit.page.locator("#model-gist-1-file-fault")).to_contain_text("a picture has 1 or 3")
        visit.close()
    finally:
        layouts.close()
        shutil.rmtree(folder)


def test_forced_colours_show_what_is_chosen(browser, server, screenshots):
    visit = Visit(browser, server, forced_colors="active")
    assert visit.value("matchMedia('(forced-colors: active)').matches")
    looks = visit.value("""() => [...document.querySelectorAll("[data-preset]")].map((button) => { const s = getComputedStyle(button);
      return [button.ariaPressed, s.backgroundColor, s.color, s.outlineStyle].join(); })""")
    assert len(set(looks)) == 2 and looks[0].startswith("true") and looks[0].endswith("solid"), looks
    segments = visit.value("""() => [...document.querySelectorAll(".segments label")].map((label) => getComputedStyle(label).backgroundColor)""")
    assert segments[0] != segments[1], segments
    screenshots.mkdir(parents=True, exist_ok=True)
    visit.page.screenshot(path=screenshots / "forced.png", full_page=True)
    visit.close()


def test_without_scripts_a_notice_comes_first(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.origin + "/")
    notice = page.locator("noscript p")
    expect(notice).to_be_visible()
    assert notice.bounding_box()["y"] < 10
    expect(notice).to_contain_text("JavaScript, which is switched off")
    expect(page.locator("#controls")).to_be_hidden()
    context.close()


def test_words_have_a_gloss(browser, server):
    visit = Visit(browser, server)
    page = visit.page
    words = set(visit.value("Object.keys(glossary.words)"))
    assert {"kernel", "stride", "padding", "dilation", "groups", "phase", "output padding", "NHWC and NCHW", "checkerboard"} <= words
    page.locator("#glossary summary").click()
    for word in words:
        expect(page.locator("#glossary-list dt", has_text=word).first).to_be_visible()
    # By keyboard: Enter opens, Escape closes, and the focus stays.
    hint = page.get_by_role("button", name="What is kernel?")
    hint.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#gloss")).to_be_visible()
    expect(page.locator("#gloss")).to_contain_text("height and width")
    expect(hint).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#gloss")).to_be_hidden()
    expect(hint).to_have_attribute("aria-expanded", "false")
    expect(hint).to_be_focused()
    operation = page.locator(".operation", has_text="/v1/conv2d_transpose").first
    operation.locator("> summary").click()
    for word in ("dilation", "groups", "output padding", "NHWC and NCHW"):
        expect(operation.get_by_role("button", name=f"What is “{word}”?")).to_be_attached()
    visit.close()
    phone = Visit(browser, server, 390, has_touch=True)
    phone.page.locator(".lead .term").tap()
    box = phone.page.locator("#gloss").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390, box
    phone.close()


def test_the_address_has_the_settings(browser, server):
    visit = Visit(browser, server)
    page = visit.page
    here = lambda: visit.value("location.href")
    assert here() == server.origin + "/"
    page.locator('[data-preset="dcgan"]').click()
    visit.wait_for("location.search.includes('glorot')")
    first = here()
    assert "kernel=5" in first and "filters=glorot" in first, first
    page.wait_for_timeout(800)
    # One step of the history, however slow the machine.
    page.locator('[data-preset="bilinear"]').click()
    visit.wait_for("location.search.includes('disc')")
    second, settings = here(), visit.value("playground.result.settings")
    # A number that is refused is not what a link says.
    page.locator("#kernel").fill("99")
    page.wait_for_timeout(300)
    assert here() == second
    page.locator("nav").get_by_role("link", name="Models").click()
    page.go_back()
    page.go_back()
    visit.wait_for("playground.result.settings.stride === 2 && playground.result.settings.filterKind === 'glorot'")
    assert here() == first
    assert page.locator('[data-preset="dcgan"]').get_attribute("aria-pressed") == "true"
    page.go_back()
    visit.wait_for("playground.result.settings.kernel === 3")
    visit.close()
    other = Visit(browser, server, path=second[len(server.origin):])
    assert other.value("playground.result.settings") == settings
    other.output_is_the_servers()
    other.close()
    wrong = Visit(browser, server, path="/?kernel=99&stride=3&padding=FULL&input=%3Cb%3E&seed=1e9&unknown=1")
    assert wrong.value("playground.result.settings.kernel") == 3 and wrong.value("playground.result.settings.stride") == 3
    for said in ("kernel is “99”, but must be a whole number from 1 to 16: 3 is used", "padding is “FULL”", "input is “<b>”", "seed is “1e9”"):
        expect(wrong.page.locator("#address-note")).to_contain_text(said)
    wrong.close()


def test_the_reference_is_grouped_searched_and_tried(visit):
    page = visit.page
    titles = page.locator("#reference-body .group > summary h3").all_inner_texts()
    assert titles == ["Operation", "Models", "TensorFlow Serving", "Repository", "Server"], titles
    search = page.locator("#reference-search")
    search.fill("image/png")
    shown = page.locator(".operation:not(.about) > summary code").filter(visible=True).all_inner_texts()
    assert "/v1/conv2d_transpose" in shown and "/v2/models/{model}/infer" in shown and "/metrics" not in shown, shown
    search.fill("zebra")
    expect(page.locator("#reference-found")).to_contain_text("No operation mentions")
    search.fill("")

    def opened(summary):
        operation = page.locator(".operation").filter(has=page.locator("> summary", has_text=summary)).first
        visit.value("(summary) => { for (const group of document.querySelectorAll('.group')) group.open = true; }", summary)
        operation.locator("> summary").click()
        return operation

    live = opened("/v2/health/live")
    live.get_by_role("button", name="Try it").click()
    expect(live.locator(".answer")).to_contain_text("200")
    expect(live.locator(".answer pre")).to_contain_text("live")
    operation = opened("/v1/conv2d_transpose")
    operation.get_by_role("button", name="Try it").click()
    expect(operation.locator(".answer pre")).to_contain_text('"shape":[3,8,8,4]')
    operation.locator(".trial select").select_option("image/png")
    operation.get_by_role("button", name="Try it").click()
    assert operation.locator(".answer img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") >= 256
    for path, said in (("/v2/models/{model}/infer", '"model_name":"gist"'), ("/v1/models/{model}:predict", '"outputs"'), ("/v2/repository/index", "gist")):
        tried = opened(path)
        tried.get_by_role("button", name="Try it").click()
        expect(tried.locator(".answer pre")).to_contain_text(said)
        # The line does what the button does.
        line = tried.locator(".trial > pre").inner_text()
        answer = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True).stdout
        assert said in answer, (line, answer)
    unload = opened("/v2/repository/models/{model}/unload")
    expect(unload.locator(".trial")).to_contain_text("changes what all clients are served")
    assert unload.get_by_role("button", name="Try it").count() == 0
    lines = page.locator(".operation:not(.about)").count()
    visit.value("() => { for (const each of document.querySelectorAll('.operation')) each.open = true; }")
    visit.wait_for(f"document.querySelectorAll('.trial > pre').length === {lines}")


def test_a_phone_shows_the_picture_first(browser, server):
    visit = Visit(browser, server, 390, has_touch=True)
    top = lambda selector: visit.page.locator(selector).first.bounding_box()["y"]
    assert visit.value("document.documentElement.scrollWidth") == 390
    assert top("#map-input canvas") < 600, "a picture is on the first screen"
    for picture_of, field in (("#map-output canvas", "#controls input"), ("#photo-output", "#photo input")):
        assert top(picture_of) < top(field), (picture_of, field)
    visit.close()


def test_play_stamps_copy_after_copy(browser, server):
    visit = Visit(browser, server)
    page = visit.page
    page.locator("#stamp-speed").select_option("fast")
    play = page.get_by_role("button", name="Play")
    play.click()
    expect(page.locator("#stamp-play")).to_contain_text("Pause")
    visit.wait_for("stamps.count >= 3")
    page.locator("#stamp-play").click()
    # Zero has a colour of its own, though the finished output has none.
    expect(page.locator("#bar-output")).to_contain_text("0")
    count = visit.value("stamps.count")
    expect(page.locator("#pixel h2")).to_contain_text(f"Copy {count}: input")
    page.wait_for_timeout(400)
    assert visit.value("stamps.count") == count, "it goes on while it is paused"
    # What stands there is the layer of the first pixels alone.
    drawn = """() => { const map = playground.maps.output; const all = [];
      for (let y = 0; y < map.height; y++) for (let x = 0; x < map.width; x++) all.push(map.value(y, x)); return all; }"""
    for _ in range(2):
        count = visit.value("stamps.count")
        image = np.zeros((1, 4, 4, 1))
        image.ravel()[:count] = 1
        answer = visit.server.convolve({"input": image.tolist(), "filters": (2 * np.ones((3, 3, 1, 1))).tolist(), "strides": 2})
        np.testing.assert_array_equal(visit.value(drawn), answer["data"])
        page.get_by_role("button", name="One step on").click()
    page.locator("#stamp-play").click()
    expect(page.locator("#stamp-count")).to_have_text("16 of 16 copies")
    expect(page.locator("#stamp-play")).to_contain_text("Play")
    np.testing.assert_array_equal(visit.value(drawn), visit.output_is_the_servers()[0, :, :, 0].ravel())
    visit.close()
    still = Visit(browser, server, reduced_motion="reduce")
    expect(still.page.locator("#stamp-play")).to_be_hidden()
    still.page.get_by_role("button", name="One step on").click()
    expect(still.page.locator("#stamp-count")).to_have_text("1 of 16 copies")
    still.close()


def test_the_checkerboard_in_a_photo_vanishes(visit):
    page = visit.page

    def moved(kernel, stride):
        page.locator("#photo-kernel").fill(str(kernel))
        page.locator("#photo-stride").fill(str(stride))
        visit.wait_for(f"photo.shown.kernel === {kernel} && photo.shown.stride === {stride}")
        return page.locator("#photo-score").inner_text()

    def grain():
        """How much neighbouring pixels of the drawn picture differ, as a share of its brightness."""
        pixels = np.array(visit.value("""() => { const c = document.getElementById("photo-output"); const side = c.width / 168;
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height); const green = [];
          for (let y = 30; y < 130; y++) for (let x = 30; x < 130; x++) green.push(data[((y * side + 1) * c.width + x * side + 1) * 4 + 1]);
          return green; }"""), float).reshape(100, 100)
        return np.abs(np.diff(pixels, axis=1)).mean() / pixels.mean()

    page.locator("#photo").scroll_into_view_if_needed()
    for stride in (2, 3, 4):
        assert moved(stride + 1, stride) != "0 %"
        patterned = grain()
        assert moved(2 * stride, stride) == "0 %"
        assert grain() < patterned / 4, (stride, grain(), patterned)
        expect(page.locator("#photo-sentence")).to_contain_text("the pattern is gone")
    assert moved(3, 2) == "48 %"
    shown = visit.value("({ input: { shape: photo.shown.picture.shape, data: Array.from(photo.shown.picture.data) }, output: Array.from(photo.shown.output.data) })")
    answer = visit.server.convolve({"input": shown["input"], "filters": {"shape": [3, 3, 1, 3], "data": [4 / 9] * 27}, "strides": 2, "groups": 3})
    np.testing.assert_array_equal(np.float32(answer["data"]), np.float32(shown["output"]))
    visit.drop("#photo", "own.jpg", picture(np.full((50, 100, 3), (20, 120, 220), np.uint8), "JPEG"))
    visit.wait_for("photo.shown.picture.shape.join() === '1,42,84,3'")
    visit.drop("#photo", "own.npy", npy(np.ones((2, 2))))
    expect(page.locator("#photo-choose-fault")).to_contain_text("is a NumPy array, not a PNG")
    # The browser's advice is for this test, which reads the canvas back.
    visit.complaints = [text for text in visit.complaints if "Canvas2D: Multiple readback" not in text]


def main(program, screenshots):
    failures = 0
    server = Server(program, ROOT / "Examples" / "models")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
                started = time.monotonic()
                try:
                    wanted = test.__code__.co_varnames[:test.__code__.co_argcount]
                    if "browser" in wanted:
                        given = {"browser": browser, "server": server, "screenshots": pathlib.Path(screenshots)}
                        test(*(given[name] for name in wanted))
                    else:
                        visit = Visit(browser, server)
                        test(visit)
                        visit.close()
                    print(f"passed  {name[5:].replace('_', ' ')} ({time.monotonic() - started:.1f} s)", flush=True)
                except Exception:
                    failures += 1
                    print(f"FAILED  {name[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
            browser.close()
    finally:
        server.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
