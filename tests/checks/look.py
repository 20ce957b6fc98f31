"""Checks the report's page: it renders something, and loads nothing from elsewhere.

    python look.py PAGE

Renders the page and an empty one in a browser without network, and compares the pictures; searches the page for references that a browser would load.
Exits with 77 without a browser.
"""

import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Attributes that make a browser load a resource. Links for readers are not among them.
LOADING = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src", "object": "data", "embed": "src", "image": "href"}


class Loads(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.elements = 0

    def handle_starttag(self, tag, attributes):
        self.elements += 1
        for name, value in attributes:
            if value is None:
                continue
            if LOADING.get(tag) == name or name in ("srcset", "background", "poster"):
                self.add(value)
            if name == "style":
                self.handle_data(value)

    def handle_data(self, text):
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", text) + re.findall(r"@import\s+['\"]([^'\"]+)", text):
            self.add(address)

    def add(self, address):
        if not address.startswith(("data:", "#")):
            self.found.append(address)


def draw(browser, page, picture):
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
                   "--window-size=1200,2400", "--hide-scrollbars", f"--screenshot={picture}", page]
        subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return picture.stat().st_size


def main():
    page = pathlib.Path(sys.argv[1]).resolve()
    loads = Loads()
    loads.feed(page.read_text(encoding="utf-8"))
    missing = [address for address in loads.found if "://" in address or address.startswith("//") or not (page.parent / address).is_file()]
    if missing:
        sys.exit(f"the page refers to resources that are not beside it: {missing}")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium to draw the page with")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        drawn = draw(browser, page.as_uri(), folder / "page.png")
        empty = draw(browser, "about:blank", folder / "empty.png")
    print(f"{loads.elements} elements; the picture has {drawn} bytes, an empty one {empty}")
    if drawn < 5 * empty:
        sys.exit("the page looks empty")


if __name__ == "__main__":
    main()
