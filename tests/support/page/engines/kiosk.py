"""People at a kiosk, one after another, and what each of them leaves: in any engine, on a clock that the test moves."""

from tests.support.page.engines.person import Person

CLOCK = rb"""
(function () {
  var offset = 0, ticks = [];
  var day = Date.now, steady = performance.now.bind(performance), repeat = self.setInterval;
  Date.now = function () { return day() + offset; };
  performance.now = function () { return steady() + offset; };
  self.setInterval = function (run, wait) { ticks.push(run); return repeat(run, wait); };
  self.pass = function (seconds) {
    for (; seconds > 0; seconds--) { offset += 1000; ticks.forEach(function (run) { run(); }); }
  };
})();
"""
"""Put in front of page.js, it lets the test put the clocks forward by seconds; what runs each second runs as often."""

LEFT = """
return JSON.stringify([
  document.documentElement.outerHTML.split(' style=""').join(''),  // empty once the field's letters had been smaller
  [...document.querySelectorAll('input')].map(one => [one.value, one.selectionStart]),
  document.title, location.href, history.state, self.name, document.cookie,
  Object.keys(localStorage), Object.keys(sessionStorage), String(getSelection()),
  RegExp.$_, RegExp.lastMatch, RegExp.lastParen, RegExp.leftContext, RegExp.rightContext, RegExp.$1, RegExp.$2,
]);
"""
WIPED = (
    "return document.getElementById('answer').dataset.status === '' && document.getElementById('number').value === ''"
)


class Kiosk(Person):
    """A kiosk that was opened by its address."""

    def __init__(self, engine, proxy):
        super().__init__(engine, proxy)
        proxy.alter("/page.js", lambda script: CLOCK + script)

    def open(self):
        self.engine.open(f"{self.proxy.url}/#kiosk")
        self.engine.until("return document.getElementById('keypad') !== null", what="the keypad")

    def use(self, number, turn):
        """One person: changes language, size or panels by turns, and checks the number, by keypad or keyboard."""
        for every, control in ((3, "#language"), (4, "#bigger"), (5, "#sent summary")):
            if turn % every == 1:
                self.engine.click(control)
        if turn % 10 == 0:
            return self.key_in(number)
        return self.check(number)

    def leave(self, turn):
        """Every other person presses the button; the others walk away."""
        if turn % 2:
            self.engine.click("#kiosk-wipe")
        else:
            self.engine.run("pass(61)")
        self.engine.until(WIPED, what="the wiped page")
        return self.engine.run(LEFT)


def traces(number):
    """The parts of a number by which somebody could know it again."""
    digits = number.removeprefix("+")
    return {digits, digits[-4:], f"{digits[:3]} {digits[3:7]}", digits[3:]}
