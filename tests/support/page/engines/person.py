"""A person who uses the page in any engine, and the page's main states, one after another."""

from tests.support.page.home import BOTH, EXPOSED, MISS, SEVEN
from tests.support.page.proxy import Answer

COMPLAINTS = rb"""
self.complaints = [];
['error', 'unhandledrejection', 'securitypolicyviolation'].forEach(function (kind) {
  addEventListener(kind, function (event) {
    complaints.push(kind + ': ' + (event.message || event.reason || event.violatedDirective + ' ' + event.blockedURI));
  });
});
"""
"""Put in front of page.js, it keeps what no script caught, in the same way in every engine."""

ANSWERED = """
const { status, kind, reason } = document.getElementById('answer').dataset;
return status ? [status, kind || reason || null] : null;
"""
READING = """
const button = document.getElementById('aloud');
const status = document.querySelector('#sounds p');
if (button.getAttribute('aria-pressed') === 'true') return status && !status.textContent && 'played';
return document.getElementById('cleared').textContent && 'named as not possible';
"""
"""A recording plays, or the page says that it cannot read: not every build of a browser has MP3 and a voice."""


class Person:
    """One window of a browser, whose page comes through a proxy; `typed` holds every number that was entered."""

    def __init__(self, engine, proxy):
        self.engine, self.proxy = engine, proxy
        self.typed: list[str] = []
        proxy.alter("/page.js", lambda script: COMPLAINTS + script)

    def open(self):
        self.engine.open(self.proxy.url)
        self.engine.until("return document.getElementById('check').textContent", what="the page has its texts")

    def check(self, text):
        """Enter a text, press the button and wait for the answer. Returns (status, kind or reason)."""
        self.enter(text)
        self.engine.click("#check")
        return self.answer()

    def enter(self, text):
        self.engine.click("#number")
        self.engine.run("document.getElementById('number').select()")
        self.typed.append(text)
        self.engine.write(text)

    def key_in(self, number):
        """Enter a number by the keypad and check it."""
        self.typed.append(number)
        for digit in number:
            self.engine.click(f"#keypad button:nth-child({11 if digit == '0' else digit})")
        self.engine.click("#check")
        return self.answer()

    def answer(self):
        return tuple(self.engine.until(ANSWERED, what="an answer"))

    def complaints(self):
        return self.engine.run("return self.complaints")


def states(person, language="zh"):
    """Bring the page into each state. Yields its name and (status, kind or reason), or None before an answer."""
    engine = person.engine
    person.open()
    if language == "en":
        engine.click("#language")
        engine.until("return document.documentElement.lang === 'en'", what="the page in English")
    yield "question", None
    yield "wrong number", person.check("1380013800")
    yield "hit", person.check(EXPOSED)
    yield "hit, malicious", person.check(SEVEN)
    yield "hit, both", person.check(BOTH)
    for panel in ("#more", "#sent"):
        engine.click(f"{panel} summary")
    yield "hit, both, unfolded", person.answer()
    yield "miss", person.check(MISS)
    yield from failures(person)
    yield from halls(person)


def failures(person):
    """A check under way, and checks that cannot be made."""
    engine, proxy = person.engine, person.proxy
    twists = list(proxy.twists)
    proxy.hold("/evaluate")
    person.enter(EXPOSED)
    engine.click("#check")
    engine.until("return document.getElementById('step').textContent", what="a check under way")
    yield "checking", None
    proxy.release()
    person.answer()
    for name, answer in (("unknown", Answer.problem(503)), ("unreachable", Answer(cut=-1))):
        proxy.twists = list(twists)
        proxy.change("/evaluate", lambda *_, answer=answer: answer)
        yield name, person.check(EXPOSED)
    proxy.twists = twists


def halls(person):
    """Helper mode and the kiosk."""
    engine = person.engine
    engine.click("#helper")
    engine.until("return document.getElementById('helping') !== null", what="helper mode")
    yield "helper", person.check(EXPOSED)
    engine.click("#helper")
    engine.until("return document.getElementById('helping') === null", what="the end of helper mode")
    engine.run("location.hash = '#kiosk'")
    engine.until("return document.getElementById('keypad') !== null", what="the keypad")
    yield "kiosk", person.key_in(EXPOSED)
    engine.run("location.hash = ''")
    engine.until("return document.getElementById('keypad') === null", what="the end of the kiosk")
