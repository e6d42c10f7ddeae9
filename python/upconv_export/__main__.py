"""Writes a trained model as one that `upconv serve` reads. docs/exporting.md says what can be translated, and how.

    upconv-export keras generator.keras -o models/generator/1
    upconv-export torch my_code.generator:make -o models/generator/1 --weights generator.pt
    upconv-export savedmodel folder -o models/generator/1
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
        print(f"upconv-export: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"upconv-export: {options.output} cannot be written: {error}", file=sys.stderr)
        sys.exit(2)
    for note in chain.notes:
        print(f"note: {note}", file=sys.stderr)
    shape = ["batch", *("any" if length is None else length for length in chain.input_shape)]
    layers = f"{len(chain.layers)} layer{'s' * (len(chain.layers) != 1)}"
    print(f"{options.output}: {layers}, {chain.parameter_count} parameters, "
          f"input {chain.input_name} [{', '.join(map(str, shape))}]")


def _arguments():
    parser = argparse.ArgumentParser(prog="upconv-export", description=__doc__.split("\n")[0])
    sources = parser.add_subparsers(dest="source", required=True, metavar="keras|torch|savedmodel")
    keras = sources.add_parser("keras", help="a Keras 3 model: a .keras or .h5 file, or module:name")
    keras.add_argument("model", metavar="FILE|MODULE:NAME")
    torch = sources.add_parser("torch", help="a PyTorch module with one nn.Sequential: module:name, or its file")
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
    try:
        lengths = [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers such as 3,64,64") from None
    if any(length < 1 and length != -1 for length in lengths):
        raise argparse.ArgumentTypeError("lengths are 1 or more, or -1 for any")
    return [None if length == -1 else length for length in lengths]


def _keras(options):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    _need("keras", "Keras")
    if _is_file(options.model):
        from upconv_export.keras_model import load_keras
        try:
            return load_keras(options.model, _model_name(options))
        except (ValueError, OSError, TypeError, KeyError) as error:
            raise ExportError(f"Keras cannot read {options.model}: {_line(error)}") from None
    return export(_object(options.model), _model_name(options))


def _torch(options):
    _need("torch", "PyTorch")
    import torch
    if _is_file(options.model):
        if not options.trust_pickle:
            raise ExportError(
                f"{options.model}: the file of a whole module can run any code; say --trust-pickle if you trust it, or "
                "hand over module:name and the weights of a state_dict")
        try:
            module = torch.load(options.model, map_location="cpu", weights_only=False)
        except Exception as error:  # whatever the code in it raises
            raise ExportError(f"PyTorch cannot read {options.model}: {type(error).__name__}: {_line(error)}") from None
    else:
        module = _object(options.model)
    if not isinstance(module, torch.nn.Module):
        raise ExportError(f"{options.model} is {type(module).__name__}, and no PyTorch module")
    said = None
    if options.weights:
        from upconv_export.torch_state import load_weights
        said = load_weights(module, options.weights)
    chain = export(module, _model_name(options), options.input_shape)
    if said:
        chain.note(said)
    return chain


def _need(module, name):
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ExportError(f"{name} cannot be imported by {sys.executable}: {error}") from None


def _is_file(path):
    """Whether a model is given as a file; one that is missing is told by its form."""
    if os.path.exists(path):
        return True
    if ":" not in path:
        raise ExportError(f"there is no file {path}; a Python object is said as module:name")
    return False


def _line(error):
    return str(error).strip().split("\n")[0]


def _saved_model(options):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if not any(os.path.isfile(os.path.join(options.model, name)) for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise ExportError(f"there is no SavedModel in {options.model}: it has no file saved_model.pb")
    _need("tensorflow", "TensorFlow")
    return export_saved_model(options.model, options.signature, _model_name(options))


def _model_name(options):
    """NAME, of models/NAME/VERSION or of models/NAME."""
    folder, last = os.path.split(os.path.abspath(options.output))
    return os.path.basename(folder) if last.isdigit() else last


def _object(path):
    """module:name, or file.py:name; a function or class is called."""
    module_name, _, name = path.rpartition(":")
    sys.path.insert(0, os.getcwd())
    if module_name.endswith(".py"):
        sys.path.insert(0, os.path.dirname(os.path.abspath(module_name)))
        module_name = os.path.basename(module_name)[:-3]
    try:
        found = getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise ExportError(f"{path}: there is no module {error.name!r} in {os.getcwd()} or on PYTHONPATH") from None
    except AttributeError:
        raise ExportError(f"{path}: the module {module_name} has no {name!r}") from None
    except Exception as error:  # whatever the module's own code raises
        raise ExportError(f"{path}: importing {module_name} fails: {type(error).__name__}: {_line(error)}") from None
    is_model = hasattr(found, "state_dict") or hasattr(found, "get_config")
    if not isinstance(found, type) and is_model:
        return found
    if not callable(found):
        raise ExportError(f"{path} is {type(found).__name__}, and neither a model nor a function that makes one")
    try:
        return found()
    except Exception as error:  # whatever the module's own code raises
        raise ExportError(f"{path}() fails: {type(error).__name__}: {_line(error)}; name a function without arguments "
                          "that makes the model") from None


if __name__ == "__main__":
    main()
