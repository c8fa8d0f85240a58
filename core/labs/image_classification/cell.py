"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.image_classification.settings import Settings
from core.models.catalog import CATALOG
from core.runs.arguments import FETCHING, is_fetched, picture_line, place_arguments


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    name: str = settings.model
    version, twin = CATALOG[settings.model].revision, ""
    if is_local and settings.source == "embedded":
        name, version, twin = "small_resnet", "SCENES_V1", "import core.models.small_resnet\n"
    path = f", path={sources[settings.model]!r}" if is_local else ""
    return (
        f"import time\n{FETCHING if is_fetched(settings) else ''}{twin}\n"
        f"model, published = load({name!r}, {version!r}{path}, {place_arguments(settings)})\n"
        f"model.{'eval()' if settings.eval_mode else 'train()'}\n"
        f"{picture_line(settings)}"
        "pictures = [\n"
        f"    preprocess(view, published, normalise={settings.normalise})[2]\n"
        f"    for view in views(picture, {max(settings.batch_sizes)})\n"
        "]\n"
        f"probabilities = classify(model, torch.stack(pictures[:1]), inference_mode={settings.inference_mode})\n"
        'for category, probability in top(probabilities[0], published.meta["categories"]):\n'
        '    print(f"{category}: {probability:.1%}")\n'
        f"for size in {list(settings.batch_sizes)}:\n"
        "    batch = torch.stack(pictures[:size])\n"
        f"    for repeat in range({settings.repeats}):\n"
        "        start = time.perf_counter()\n"
        f"        classify(model, batch, inference_mode={settings.inference_mode})\n"
        "        seconds = time.perf_counter() - start\n"
        '        print(f"{size} at once: {seconds:.3f} s, {size / seconds:.1f} pictures per second")\n'
    )
