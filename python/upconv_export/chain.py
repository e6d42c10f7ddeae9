"""A served model in the making: Keras layers one after the other, their weights, and the two files of it."""
import json
import os
import re
import shutil
import tempfile

import numpy as np

from .errors import ExportError, LayerError
from .safetensors_file import write_safetensors


class Chain:
    """Layers in the order in which they run, as `keras.Sequential(...).to_json()` has them.

    input_shape: without the batch; None where a length may vary.
    """

    def __init__(self, name, input_shape, input_name="input"):
        self.name = name
        self.input_shape = list(input_shape)
        self.layers = []
        self.weights = {}
        self.notes = []
        self._names = set()
        self.input_name = self._unique(input_name)

    def add(self, class_name, name, weights=None, **config):
        """Appends a layer; `weights` are arrays by Keras's names of the variables, in Keras's layouts."""
        source, name = name, self._unique(name)
        for variable, array in (weights or {}).items():
            array = np.asarray(array, np.float32)
            if not np.isfinite(array).all():
                raise LayerError(source, class_name, f"its {variable} has numbers that are NaN or infinite")
            self.weights[f"{name}/{variable}"] = array
        self.layers.append({
            "module": "keras.layers", "class_name": class_name,
            "config": {"name": name, "trainable": True, "dtype": "float32", **config}, "registered_name": None})

    def note(self, text):
        """Something about the translation that its user may want to know."""
        self.notes.append(text)

    def document(self):
        """What stands in `model.json`."""
        first = {
            "module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
            "config": {"batch_shape": [None, *self.input_shape], "dtype": "float32", "sparse": False, "ragged": False,
                       "name": self.input_name, "optional": False}}
        return {"module": "keras", "class_name": "Sequential", "registered_name": None,
                "config": {"name": self.name, "trainable": True, "dtype": "float32", "layers": [first, *self.layers]}}

    def rename(self, input_name=None, output_name=None):
        """Names the model's input and output, which are called like the first and the last layer."""
        for what, name in (("output", output_name), ("input", input_name)):
            if name is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", name):
                raise ExportError(f"the {what} cannot be called {name!r}: a name has letters, digits and any of "
                                  "_ . / -, and begins with a letter, a digit or _")
        if output_name:
            config = self.layers[-1]["config"]
            old, config["name"] = config["name"], output_name
            self._names.discard(old)
            if output_name in self._names:
                raise ExportError(f"the output cannot be called {output_name!r}: another layer is")
            self._names.add(output_name)
            self.weights = {re.sub(f"^{re.escape(old)}/", lambda _: f"{output_name}/", key): array
                            for key, array in self.weights.items()}
        if input_name:
            if input_name in self._names - {self.input_name}:
                raise ExportError(f"the input cannot be called {input_name!r}: a layer is")
            self.input_name = input_name

    def write(self, folder, replace=False):
        """Writes `model.json` and `weights.safetensors` into the folder of a version, such as models/generator/1.

        A new folder appears with both files in it at once, so that a server that watches never sees half a model.
        """
        if not self.layers:
            raise ExportError("the model has no layers that compute anything")
        folder = os.path.abspath(folder)
        _check_folder(folder)
        if os.path.exists(folder) and not replace:
            raise ExportError(f"{folder} exists; choose the next version's number, or say --replace")
        above = os.path.dirname(folder)
        missing = _missing(above)
        made = None
        try:
            os.makedirs(above, exist_ok=True)
            made = tempfile.mkdtemp(prefix=".export-", dir=above)
            os.chmod(made, 0o755)
            with open(os.path.join(made, "model.json"), "w", encoding="utf-8") as file:
                json.dump(self.document(), file, indent=1)
                file.write("\n")
            # Without weights there is no file of them: there would be nothing to initialise either.
            if self.weights:
                write_safetensors(os.path.join(made, "weights.safetensors"), self.weights)
            if os.path.exists(folder):
                shutil.rmtree(folder)
            os.rename(made, folder)
        except BaseException:
            if made:
                shutil.rmtree(made, ignore_errors=True)
            for parent in missing:
                if os.path.isdir(parent) and not os.listdir(parent):
                    os.rmdir(parent)
            raise

    @property
    def parameter_count(self):
        return sum(array.size for array in self.weights.values())

    def _unique(self, name):
        """A name that a variable's path can begin with, and that no other layer has."""
        base = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.") or "layer"
        name, number = base, 0
        while name in self._names:
            number += 1
            name = f"{base}_{number}"
        self._names.add(name)
        return name


def _missing(folder):
    """Returns the folders that do not exist yet, the innermost first."""
    missing = []
    while not os.path.exists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _check_folder(folder):
    """Refuses folders from which the server would load nothing, or something else."""
    above, last = os.path.split(folder)
    is_version = last.isdigit()
    model = os.path.basename(above) if is_version else last
    if is_version and last != str(int(last)) or last == "0":
        raise ExportError(f"{last} is no version: versions are whole numbers from 1, without zeros before them")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", model):
        raise ExportError(f"{model!r} is no name of a model: a name has letters, digits, '.', '_' and '-', and does "
                          "not begin with a '.'")
    if is_version and os.path.exists(os.path.join(above, "model.json")):
        raise ExportError(f"{above} holds a model.json, beside which the server looks for no versions")
