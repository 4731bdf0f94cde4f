"""The page that a browser gets where a program gets a problem document with status 429."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pilookup_server.problems import ProblemError

_STYLE: Final = "body{font:1.25rem/1.6 sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"

_PAGE: Final = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>请稍候 · Please wait</title>
<style>{style}</style>
<h1>请稍候再试</h1>
<p>与您使用同一网络的人刚才查询太多。请过 {wait_zh} 再打开本页。您的号码没有泄露，也没有出错。</p>
<h1 lang="en">Please wait</h1>
<p lang="en">Too much was asked from your network just now. Please open this page again in {wait_en}.
Nothing is wrong with your number or your telephone.</p>
</html>
"""


def wants_page(request: Request) -> bool:
    """Whether a browser opens this address to show it."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def wait_page(problem: ProblemError) -> Response:
    """The page for a problem with the header Retry-After."""
    seconds = int(problem.headers.get("retry-after", "60"))
    minutes = -(-seconds // 60)
    zh, en = (f"{seconds} 秒", f"{seconds} seconds") if seconds < 60 else (f"{minutes} 分钟", f"{minutes} minutes")
    body = _PAGE.format(style=_STYLE, wait_zh=zh, wait_en=en)
    headers = {"cache-control": "no-store", **problem.headers}
    headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(body, problem.problem.status, headers, media_type="text/html; charset=utf-8")
