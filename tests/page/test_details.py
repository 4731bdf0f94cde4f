"""What cases.json says about a case is shown with the case (the file itself: server/web/test/check.test.mjs)."""

import json

from tests.support.page.home import SEVEN
from tests.support.page.overlaps import cut_off, overlaps

DETAILS = {
    "platforms": [{"zh": "某某商城", "en": "Some shop"}, {"zh": "某某视频", "en": "Some videos"}],
    "close": {"zh": "在设置里点注销。<b>不是标记</b>", "en": "Tap close in the settings. <b>No markup</b>"},
    "close_url": f"https://shop.example/{'close/' * 20}",
    "appeal": {
        "who": {"zh": "某某分局", "en": "Some station"},
        "how": {"zh": "带身份证去。", "en": "Go there with your ID card."},
        "papers": None,
        "url": "https://police.example/appeal",
    },
}
ADD = """const post = self.postMessage.bind(self);
self.postMessage = message => {
  if (message.kind === 'answer') message.answer.cases.forEach(one => { one.details = %s; });
  post(message);
};
"""
"""Put before the worker's script: the release of these tests has no cases.json."""


def test_details_are_shown_as_plain_text_and_links(visit, proxy):
    proxy.alter("/worker.js", lambda script: (ADD % json.dumps(DETAILS)).encode() + script)
    visitor = visit(viewport={"width": 320, "height": 568})
    visitor.check(SEVEN)
    said = visitor.text()
    for wanted in ("某某商城、某某视频", "在设置里点注销。<b>不是标记</b>", "某某分局", "带身份证去。"):
        assert wanted in said
    links = visitor.page.locator(".case a")
    assert links.evaluate_all("all => all.map(one => [one.href, one.target, one.rel])") == [
        [DETAILS["close_url"], "_blank", "noopener noreferrer"],
        [DETAILS["appeal"]["url"], "_blank", "noopener noreferrer"],
    ]
    assert not cut_off(visitor.page) + overlaps(visitor.page)
    visitor.press("#language")
    assert "Some shop, Some videos" in visitor.text()
    assert "Go there with your ID card." in visitor.text()
