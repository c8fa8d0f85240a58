"""The models that the labs run: where they come from, how large they are, under which licence. No torch here.

Parameter counts were checked by building each architecture on the `meta` device (tests repeat it).
"""

from pathlib import Path
from typing import Any

from core.models.model import DTYPE_BYTES, Component, Model

__all__ = ["CATALOG", "CLIP", "CONFIGS", "DTYPE_BYTES", "Component", "Model"]
CONFIGS = Path(__file__).parent / "configs"
"""Architecture configurations, one folder per model in the layout of its repository."""
CLIP = "clip-vit-base-patch16"
"""What looks at pictures for the labs: CLIP, and the judge that is its small twin."""
ONE_CLASSIFIER = "the embedded classifier stands for ResNet50, and there is only this one"
ONE_PAINTER = "the embedded painters stand for Stable Diffusion 1.5 and LCM Dreamshaper v7"
PIPELINE_PATTERNS = ("model_index.json", "*/*.json", "*/*.txt", "*/*.fp16.safetensors")
XL_PATTERNS = (
    *("model_index.json", "scheduler/*.json", "tokenizer*/*.json", "tokenizer*/*.txt"),
    *("text_encoder*/config.json", "unet/config.json", "vae/config.json"),
    *("text_encoder*/model.fp16.safetensors", "unet/*.fp16.safetensors", "vae/*.fp16.safetensors"),
)
"""Not every folder: the repositories of SDXL hold further VAEs that nothing here loads."""
PIPELINE_FILES = (
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
    "text_encoder/model.fp16.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/diffusion_pytorch_model.fp16.safetensors",
)
XL_FILES = (
    *PIPELINE_FILES,
    "tokenizer_2/vocab.json",
    "tokenizer_2/merges.txt",
    "text_encoder_2/model.fp16.safetensors",
)
CLIP_TEXT_ENCODER = Component("text_encoder", "CLIP text encoder", 123_060_480)
SECOND_TEXT_ENCODER = Component("text_encoder_2", "Second text encoder", 694_659_840)
VAE = Component("vae", "VAE", 83_653_863)
SAFETY_CHECKER = Component("safety_checker", "Safety checker", 303_981_588)
"""Networks that several of the picture models have in common."""
TWIN_TEXT_ENCODER = Component("text_encoder", "CLIP text encoder", 326_784)
TWIN_VAE = Component("vae", "VAE", 802_559)


def _classifier(name: str, title: str, parameters: int, file: str, download_bytes: int, **twin: Any) -> Model:
    """A classifier of torchvision under torchvision's own name, with the first weights that were published for it.

    All are of one training recipe and take the same pictures, so that comparing two compares the networks.
    """
    return Model(
        id=name,
        title=title,
        task="image-classification",
        repo="pytorch/vision",
        revision="IMAGENET1K_V1",
        url=f"https://download.pytorch.org/models/{file}",
        licence="BSD-3-Clause",
        components=(Component("model", "Classifier", parameters),),
        download_bytes=download_bytes,
        storage_dtype="float32",
        gpu_dtype="float32",
        native_size=224,
        **{"twin": (), "twin_reason": ONE_CLASSIFIER} | twin,
    )


def _first(name: str, title: str, repo: str, **twin: Any) -> Model:
    """A model with the networks of the first Stable Diffusion."""
    return Model(
        id=name,
        title=title,
        task="text-to-image",
        repo=repo,
        licence="CreativeML Open RAIL-M",
        components=(CLIP_TEXT_ENCODER, Component("unet", "UNet", 859_520_964), VAE, SAFETY_CHECKER),
        download_bytes=2_742_000_000,
        storage_dtype="float16",
        variant="fp16",
        allow_patterns=PIPELINE_PATTERNS,
        required_files=(*PIPELINE_FILES, "safety_checker/model.fp16.safetensors"),
        native_size=512,
        **twin,
    )


def _xl(name: str, title: str, repo: str, side: int, licence: str, steps: int, guidance: float) -> Model:
    """A model with SDXL's networks: they differ in what they were trained for, not in their shape.

    `steps` and `guidance` are those of the model's own card.
    """
    return Model(
        id=name,
        title=title,
        task="text-to-image",
        repo=repo,
        licence=licence,
        components=(CLIP_TEXT_ENCODER, SECOND_TEXT_ENCODER, Component("unet", "UNet", 2_567_463_684), VAE),
        twin=(),
        twin_reason=ONE_PAINTER,
        download_bytes=6_941_000_000,
        storage_dtype="float16",
        variant="fp16",
        allow_patterns=XL_PATTERNS,
        required_files=XL_FILES,
        native_size=side,
        usual_steps=steps,
        usual_guidance=guidance,
    )


CATALOG: dict[str, Model] = {
    model.id: model
    for model in (
        Model(
            id="qwen3-0.6b",
            title="Qwen3-0.6B",
            task="text-generation",
            repo="Qwen/Qwen3-0.6B",
            licence="Apache-2.0",
            components=(Component("model", "Language model", 596_049_920),),
            twin=(Component("model", "Language model", 1_049_984),),
            download_bytes=1_520_000_000,
            storage_dtype="bfloat16",
            gpu_dtype="bfloat16",
            allow_patterns=("*.json", "*.safetensors", "*.txt"),
            required_files=("tokenizer.json", "tokenizer_config.json", "model.safetensors"),
            tied_parameters=155_582_464,
        ),
        _first(
            "stable-diffusion-1.5",
            "Stable Diffusion 1.5",
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            twin=(TWIN_TEXT_ENCODER, Component("unet", "UNet", 4_185_092), TWIN_VAE),
            twin_size=128,
        ),
        Model(
            id="lcm-dreamshaper-v7",
            title="LCM Dreamshaper v7",
            task="text-to-image",
            repo="SimianLuo/LCM_Dreamshaper_v7",
            licence="MIT",
            components=(
                CLIP_TEXT_ENCODER,
                Component("unet", "UNet, told the guidance", 859_602_884),
                VAE,
                SAFETY_CHECKER,
            ),
            twin=(
                TWIN_TEXT_ENCODER,
                Component("unet", "UNet, told the guidance", 4_187_140),
                TWIN_VAE,
            ),
            download_bytes=5_483_000_000,
            storage_dtype="float32",
            allow_patterns=("model_index.json", "*/*.json", "*/*.txt", "*/*.safetensors"),
            required_files=(
                "tokenizer/vocab.json",
                "tokenizer/merges.txt",
                "text_encoder/model.safetensors",
                "unet/diffusion_pytorch_model.safetensors",
                "vae/diffusion_pytorch_model.safetensors",
                "safety_checker/model.safetensors",
            ),
            most_steps=50,
            usual_steps=4,
            native_size=512,
            twin_size=128,
        ),
        _first(
            "stable-diffusion-1.4",
            "Stable Diffusion 1.4",
            "CompVis/stable-diffusion-v1-4",
            twin=(),
            twin_reason=ONE_PAINTER,
        ),
        _xl("sdxl-base", "SDXL", "stabilityai/stable-diffusion-xl-base-1.0", 1024, "CreativeML Open RAIL++-M", 50, 5.0),
        _xl("sdxl-turbo", "SDXL-Turbo", "stabilityai/sdxl-turbo", 512, "Stability AI Community License", 1, 0.0),
        Model(
            id="sdxl-refiner",
            title="SDXL refiner",
            task="refining",
            repo="stabilityai/stable-diffusion-xl-refiner-1.0",
            licence="CreativeML Open RAIL++-M",
            # Its second text encoder and VAE are SDXL's own, from which it takes them: they are not fetched again.
            components=(Component("unet", "UNet of the refiner", 2_259_526_660),),
            twin=(),
            twin_reason=ONE_PAINTER,
            download_bytes=4_520_000_000,
            storage_dtype="float16",
            variant="fp16",
            allow_patterns=("model_index.json", "scheduler/*.json", "unet/config.json", "unet/*.fp16.safetensors"),
            required_files=("unet/diffusion_pytorch_model.fp16.safetensors",),
            native_size=1024,
        ),
        Model(
            id="sdxl-inpainting",
            title="SDXL inpainting",
            task="inpainting",
            repo="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
            licence="CreativeML Open RAIL++-M",
            components=(
                CLIP_TEXT_ENCODER,
                SECOND_TEXT_ENCODER,
                Component("unet", "UNet, 9 input channels", 2_567_478_084),
                VAE,
            ),
            twin=(
                Component("text_encoder", "CLIP text encoder", 438_624),
                Component("text_encoder_2", "Second text encoder", 336_000),
                Component("unet", "UNet, 9 input channels", 4_430_756),
                TWIN_VAE,
            ),
            download_bytes=6_941_000_000,
            storage_dtype="float16",
            variant="fp16",
            allow_patterns=PIPELINE_PATTERNS,
            required_files=XL_FILES,
            native_size=1024,
            twin_size=128,
        ),
        Model(
            id="ddpm-cifar10-32",
            title="DDPM for CIFAR-10",
            task="unconditional-image-generation",
            repo="google/ddpm-cifar10-32",
            licence="Apache-2.0",
            components=(Component("model", "UNet", 35_746_307),),
            twin=(Component("model", "UNet", 1_069_795),),
            download_bytes=143_100_000,
            storage_dtype="float32",
            allow_patterns=("config.json", "diffusion_pytorch_model.safetensors"),
            required_files=("diffusion_pytorch_model.safetensors",),
            gpu_dtype="float32",
            native_size=32,
            twin_size=32,
        ),
        Model(
            id=CLIP,
            title="CLIP ViT-B/16",
            task="text-and-picture",
            repo="openai/clip-vit-base-patch16",
            licence="MIT",
            components=(Component("model", "Text and picture encoder", 149_620_737),),
            twin=(Component("model", "Judge of pictures", 159_279),),
            download_bytes=602_400_000,
            storage_dtype="float32",
            allow_patterns=("*.json", "*.txt", "model.safetensors"),
            required_files=("vocab.json", "merges.txt", "model.safetensors"),
            native_size=224,
            twin_size=64,
        ),
        Model(
            id="animatediff-motion-adapter-v1-5-2",
            title="AnimateDiff motion modules",
            task="text-to-video",
            repo="guoyww/animatediff-motion-adapter-v1-5-2",
            licence="Apache-2.0",
            components=(Component("model", "Motion modules", 453_209_280),),
            twin=(Component("model", "Motion modules", 1_777_344),),
            download_bytes=1_816_000_000,
            # The Hub's file with fp16 in its name holds float32.
            storage_dtype="float32",
            variant="fp16",
            allow_patterns=("config.json", "diffusion_pytorch_model.fp16.safetensors"),
            required_files=("diffusion_pytorch_model.fp16.safetensors",),
            native_size=512,
            twin_size=128,
        ),
        Model(
            id="yolov8n-seg",
            title="YOLOv8n-seg",
            task="segmentation",
            repo="ultralytics/assets",
            revision="v8.4.0",
            url="https://github.com/ultralytics/assets/releases/download/v8.4.0/yolov8n-seg.pt",
            licence="AGPL-3.0",
            components=(Component("model", "Detector", 3_409_968),),
            twin=(Component("model", "Detector", 431_588),),
            download_bytes=7_070_000,
            storage_dtype="float16",
            native_size=640,
            twin_size=192,
        ),
        _classifier(
            "resnet50",
            "ResNet50",
            25_557_032,
            "resnet50-0676ba61.pth",
            102_530_000,
            twin=(Component("model", "Classifier", 140_261),),
            twin_reason=None,
            twin_size=64,
        ),
        _classifier("resnet18", "ResNet18", 11_689_512, "resnet18-f37072fd.pth", 46_830_000),
        _classifier("mobilenet_v2", "MobileNetV2", 3_504_872, "mobilenet_v2-b0353104.pth", 14_213_000),
    )
}
