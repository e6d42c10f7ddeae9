"""The package as `pip install ./python` installs it, without any framework."""
import os
import subprocess
import sys

import pytest

COMMAND = os.path.join(os.path.dirname(sys.executable), "upconv-export")
ELSEWHERE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

pytestmark = pytest.mark.skipif(not os.path.exists(COMMAND), reason="pip install ./python was not run here")


def run(*arguments, cwd):
    return subprocess.run([COMMAND, *arguments], cwd=cwd, env=ELSEWHERE, capture_output=True, text=True)


def test_the_command_says_what_it_takes(tmp_path):
    said = run("--help", cwd=tmp_path)
    assert said.returncode == 0 and said.stdout.startswith("usage: upconv-export"), said


def test_a_mistake_is_one_sentence(tmp_path):
    said = run("savedmodel", "nowhere", "-o", "models/m/1", cwd=tmp_path)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1), said.stderr
    assert said.stderr.startswith("upconv-export: there is no SavedModel in nowhere"), said.stderr
    assert os.listdir(tmp_path) == []
