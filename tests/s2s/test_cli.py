"""The command line: what it prints where, and its exit codes."""

import subprocess
import sys

import numpy as np
import pytest

from s2s.cli import main

TEXT = "import numpy as np\n\n\ndef f(x, y):\n    return np.sum(x * y)\n"


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return path


def test_convert_prints_the_module(module, capfdbinary):
    assert main(["convert", str(module), "--grad", "f"]) == 0
    out, err = capfdbinary.readouterr()
    assert b"\ndef f_grad(x, y):\n" in out and err == b""
    assert module.read_text() == TEXT


def test_convert_writes_a_file_that_runs(module, tmp_path, capfd):
    target = tmp_path / "out.py"
    assert main(["convert", str(module), "--jvp", "f", "--value-and-grad", "f", "--wrt", "y,x", "-o", str(target)]) == 0
    assert capfd.readouterr() == ("", "")
    check = "import out; print(out.f_value_and_grad(2., 3.)); print(out.f_jvp(2., 3., 1., 1.))"
    run = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [eval(line, {"np": np}) for line in run.stdout.splitlines()] == [(6.0, (2.0, 3.0)), (6.0, 5.0)]


def test_convert_batches(module, capfdbinary):
    assert main(["convert", str(module), "--vmap", "f:0,None", "--wrt", "y"]) == 0
    out, _ = capfdbinary.readouterr()
    namespace = {}
    exec(out, namespace)
    x, y = np.ones((3, 2)), np.array([1.0, 2.0])
    np.testing.assert_allclose(namespace["f_vmap"](x, y), [3.0, 3.0, 3.0])


def test_no_file(tmp_path, capfd):
    assert main(["convert", str(tmp_path / "none.py"), "--grad", "f"]) == 1
    assert capfd.readouterr() == ("", f"s2s: error: {tmp_path}/none.py: No such file or directory\n")


def test_syntax_error(module, capfd):
    module.write_text("def f(x):\n    return x +\n")
    assert main(["convert", str(module), "--grad", "f"]) == 1
    out, err = capfd.readouterr()
    assert out == "" and err.startswith(f"{module}:2:") and "invalid syntax" in err and "    return x +" in err


def test_unsupported(module, capfd):
    module.write_text("def f(x):\n    yield x\n")
    assert main(["convert", str(module), "--grad", "f"]) == 1
    assert f"{module}:2:5: yield makes this a generator" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["convert"],
        ["convert", "m.py", "--grad"],
        ["convert", "m.py", "--grad", "2x"],
        ["convert", "m.py", "--vmap", "f:x"],
        ["convert", "m.py", "--vmap", ":0"],
        ["unknown"],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: s2s" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["convert", "--help"], ["demo", "--help"], ["--version"]])
def test_help_and_version(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert capsys.readouterr().out


def test_the_command_is_installed(module):
    command = [sys.executable, "-c", "from s2s.cli import main; raise SystemExit(main())", "convert", str(module)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == TEXT


def test_same_bytes_under_any_hash_seed(module):
    command = [sys.executable, "-c", "from s2s.cli import main; raise SystemExit(main())", "convert", str(module)]
    command += ["--grad", "f", "--jvp", "f"]
    outs = {
        subprocess.run(command, capture_output=True, check=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1")
    }
    assert len(outs) == 1
