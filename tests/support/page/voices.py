"""Voices of a device, in place of those that the browser of the tests has not."""

import json

_SCRIPT = """(voices => {
  self.spoken = [];
  const fake = Object.assign(new EventTarget(), {
    getVoices: () => voices,
    speak: said => { spoken.push([said.text, said.lang, said.voice && said.voice.name]); setTimeout(() => said.onend && said.onend({}), 10); },
    cancel: () => {}, pause: () => {}, resume: () => {},
  });
  Object.defineProperty(self, 'speechSynthesis', { value: fake, configurable: true });
  self.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
})(%s)"""
HERE = {"name": "here", "lang": "zh-CN", "localService": True}
AWAY = {"name": "away", "lang": "zh-CN", "localService": False}
ENGLISH = {"name": "english", "lang": "en-US", "localService": True}


def speech(*voices):
    """A script that gives a page these voices, and notes in `spoken` what they are told to say."""
    return _SCRIPT % json.dumps(voices)
