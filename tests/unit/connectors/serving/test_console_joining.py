"""Modules joined into one: scopes of their own, in the order of need, and no form of import passes unseen."""

from graphlib import CycleError

import pytest

from connectors.serving.console.joining import join

APP = 'import { name, day } from "./days.js";\n\nconst format = name(day);\n'
DAYS = "const format = 1;\n\nexport function name(of) { return of + format; }\n\nexport const day = 2;\n"


def test_a_module_stands_behind_those_it_needs_with_names_of_its_own() -> None:
    assert join({"app.js": APP, "days.js": DAYS}).splitlines() == [
        "// days.js",
        "const $days = (() => {",
        "const format = 1;",
        "",
        "function name(of) { return of + format; }",
        "",
        "const day = 2;",
        "",
        "return { name, day };",
        "})();",
        "// app.js",
        "const $app = (() => {",
        "const { name, day } = $days;",
        "",
        "const format = name(day);",
        "",
        "return {  };",
        "})();",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'import days from "./days.js";',
        'import { name as other } from "./days.js";',
        'import "./days.js";',
        'import { name } from "https://elsewhere.example/days.js";',
        "export default name;",
        "export let name = 1;",
        "export { name };",
        'export * from "./days.js";',
    ],
)
def test_what_can_not_be_joined_is_refused_when_the_server_starts(line: str) -> None:
    with pytest.raises(ValueError, match=r"^app.js: '(im|ex)port' stands in a form that can't be joined$"):
        join({"app.js": f"{line}\n", "days.js": DAYS})


def test_what_a_module_says_of_itself_and_in_its_texts_is_left_alone() -> None:
    source = 'const here = new URL("x", import.meta.url);\nconst told = "export default";\n'
    assert source in join({"app.js": source})


def test_comments_on_lines_of_their_own_are_left_out_and_nothing_else() -> None:
    code = 'const address = "https://bank.example/**"; // kept\n  const half = 4 / 2;\nconst text = "/** kept */";\n'
    source = f"// The module.\n\n/**\n * Says *much*.\n */\n  /** One line. */\n{code}  // In between.\n"
    assert f"\n\n{code}\nreturn" in join({"app.js": source})
    assert join({"app.js": source}).count("//") == 3


def test_code_after_a_comment_stays() -> None:
    source = "/** One. */ const x = 1;\nconst y = 2;\n/** Two. */\nconst z = 3;\n"
    assert "/** One. */ const x = 1;\nconst y = 2;\nconst z = 3;\n" in join({"app.js": source})


def test_a_line_of_a_text_that_looks_like_a_comment_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^app.js: '// here' may be part of a text, and not a comment$"):
        join({"app.js": "const text = `\n// here\n`;\n"})


def test_two_that_need_one_another_are_refused() -> None:
    with pytest.raises(CycleError):
        join({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'})
