#!/usr/bin/env python3
"""Writes a trained model as one that `upconv serve` reads. docs/exporting.md says what can be translated, and how.

    tools/export_model.py keras generator.keras -o models/generator/1
    tools/export_model.py torch my_code.generator:make -o models/generator/1 --weights generator.pt
    tools/export_model.py savedmodel folder -o models/generator/1
"""
import argparse
import importlib
import os
import sys

from upconv_export import ExportError, export, export_saved_model


def main():
    options = _arguments()
    try:
        chain = {"keras": _keras, "torch": _torch, "savedmodel": _saved_model}[options.source](options)
        chain.rename(options.input_name, options.output_name)
        chain.write(options.output, options.replace)
    except ExportError as error:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {error}")
    for note in chain.notes:
        print(f"note: {note}", file=sys.stderr)
    shape = ["batch", *("any" if length is None else length for length in chain.input_shape)]
    layers = f"{len(chain.layers)} layer{'s' * (len(chain.layers) != 1)}"
    print(f"{options.output}: {layers}, {chain.parameter_count} parameters, "
          f"input {chain.input_name} [{', '.join(map(str, shape))}]")


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sources = parser.add_subparsers(dest="source", required=True, metavar="keras|torch|savedmodel")
    keras = sources.add_parser("keras", help="a Keras 3 model: a .keras or .h5 file, or module:name")
    keras.add_argument("model", metavar="FILE|MODULE:NAME")
    torch = sources.add_parser("torch", help="a PyTorch nn.Sequential: module:name, or a file of a whole module")
    torch.add_argument("model", metavar="MODULE:NAME|FILE")
    torch.add_argument("--weights", metavar="FILE", help="a state_dict to load into the module")
    torch.add_argument("--trust-pickle", action="store_true",
                       help="read a file of a whole module, which may run any code that is in it")
    torch.add_argument("--input-shape", metavar="C,H,W", type=_lengths,
                       help="without the batch; -1 for a length that may vary")
    saved = sources.add_parser("savedmodel", help="a TensorFlow 1 or 2 SavedModel")
    saved.add_argument("model", metavar="FOLDER")
    saved.add_argument("--signature", default="serving_default", metavar="NAME")
    for source in (keras, torch, saved):
        source.add_argument("-o", "--output", required=True, metavar="models/NAME/VERSION")
        source.add_argument("--input-name", metavar="NAME", help="what clients call the input")
        source.add_argument("--output-name", metavar="NAME", help="what clients call the output")
        source.add_argument("--replace", action="store_true", help="overwrite a version that is there")
    return parser.parse_args()


def _lengths(text):
    lengths = [int(word) for word in text.split(",")]
    if any(length < 1 and length != -1 for length in lengths):
        raise argparse.ArgumentTypeError("lengths are 1 or more, or -1 for any")
    return [None if length == -1 else length for length in lengths]


def _keras(options):
    if os.path.exists(options.model):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from upconv_export.keras_model import load_keras
        try:
            return load_keras(options.model, _model_name(options))
        except (ValueError, OSError) as error:
            raise ExportError(f"Keras cannot read {options.model}: {error}") from None
    return export(_object(options.model), _model_name(options))


def _torch(options):
    import torch
    if os.path.exists(options.model):
        if not options.trust_pickle:
            raise ExportError(
                f"{options.model}: the file of a whole module can run any code; say --trust-pickle if you trust it, or "
                "hand over module:name and the weights of a state_dict")
        module = torch.load(options.model, map_location="cpu", weights_only=False)
    else:
        module = _object(options.model)
    if options.weights:
        module.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    return export(module, _model_name(options), options.input_shape)


def _saved_model(options):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    return export_saved_model(options.model, options.signature, _model_name(options))


def _model_name(options):
    """NAME, of models/NAME/VERSION or of models/NAME."""
    folder, last = os.path.split(os.path.abspath(options.output))
    return os.path.basename(folder) if last.isdigit() else last


def _object(path):
    """module:name; a function or class is called."""
    module_name, colon, name = path.partition(":")
    if not colon:
        raise ExportError(f"{path}: no such file; a Python object is said as module:name")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise ExportError(f"{path}: {error}") from None
    is_model = hasattr(found, "state_dict") or hasattr(found, "get_config")
    return found() if isinstance(found, type) or not is_model else found


if __name__ == "__main__":
    main()
