"""What drivers by the W3C's WebDriver have in common."""


def pointer_actions(x, y):
    """The actions that move a mouse to a point of the visible part of a page and press its button."""
    moves = [
        {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y), "origin": "viewport"},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerUp", "button": 0},
    ]
    return [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}]
