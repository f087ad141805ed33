"""Generated functions of nested loops and branches full of jumps, which record every step that they take."""

import random
import textwrap

CONDITIONS = ("take(i) % 3 == 0", "take(i) % 5 < 2", "not take(i) % 4", "take(i) % 7 and i > 1", "items[i % 3]")


class JumpGenerator:
    """Writes one function of a seed; `take` counts the calls of it, so that every test is evaluated in order."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.marks = 0

    def function(self) -> str:
        body = self.block(0, 3)
        lines = ["def f(take, note, items):", "    i = 0", *textwrap.indent("\n".join(body), "    ").splitlines()]
        ending = self.random.choice(["", "    return i", "    return None"])
        return "\n".join([*lines, ending]) + "\n"

    def block(self, loops: int, depth: int) -> list[str]:
        return [line for _ in range(self.random.randint(1, 3)) for line in self.statement(loops, depth)]

    def statement(self, loops: int, depth: int) -> list[str]:
        kinds = ["note", "note", "return"] + ["break", "continue"] * (2 if loops else 0)
        kinds += ["if", "if", "if", "for", "while", "endless", "try", "with"] if depth else []
        return getattr(self, "write_" + self.random.choice(kinds))(loops, depth)

    def indented(self, loops: int, depth: int) -> list[str]:
        return ["    " + line for line in self.block(loops, depth - 1)]

    def condition(self) -> str:
        return self.random.choice(CONDITIONS)

    def write_note(self, loops: int, depth: int) -> list[str]:
        self.marks += 1
        return [f"note({self.marks}, i)"]

    def write_return(self, loops: int, depth: int) -> list[str]:
        self.marks += 1
        return [self.random.choice(["return", f"return (i, {self.marks})"])]

    def write_break(self, loops: int, depth: int) -> list[str]:
        return ["break"]

    def write_continue(self, loops: int, depth: int) -> list[str]:
        return ["continue"]

    def write_if(self, loops: int, depth: int) -> list[str]:
        lines = [f"if {self.condition()}:", *self.indented(loops, depth)]
        for _ in range(self.random.randint(0, 1)):
            lines += [f"elif {self.condition()}:", *self.indented(loops, depth)]
        return lines + self.otherwise(loops, depth)

    def otherwise(self, loops: int, depth: int) -> list[str]:
        return ["else:", *self.indented(loops, depth)] if self.random.random() < 0.4 else []

    def write_for(self, loops: int, depth: int) -> list[str]:
        head = f"for i in range({self.random.randint(0, 4)}):"
        return [head, *self.indented(loops + 1, depth), *self.otherwise(loops, depth)]

    def write_while(self, loops: int, depth: int) -> list[str]:
        head = f"while {self.condition()}:"
        return [head, "    i += 1", *self.indented(loops + 1, depth), *self.otherwise(loops, depth)]

    def write_endless(self, loops: int, depth: int) -> list[str]:
        return ["while True:", "    if take(i) % 2:", "        i += 1", *self.indented(loops + 1, depth)]

    def write_try(self, loops: int, depth: int) -> list[str]:
        lines = ["try:", f"    take(i) % 3 or {self.random.choice(['1', 'missing'])}", *self.indented(loops, depth)]
        lines += ["except NameError:", *self.indented(loops, depth), *self.otherwise(loops, depth)]
        return [*lines, "finally:", "    note('finally', i)"]

    def write_with(self, loops: int, depth: int) -> list[str]:
        return ["with suppress(NameError):", *self.indented(loops, depth), "    missing"]
