"""The training program against the libraries that know better, and against itself."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DModel
from diffusers.training_utils import EMAModel
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from core.labs.train_ddpm import memory, program
from core.labs.train_ddpm.program import Training
from core.labs.train_ddpm.run import SHEET
from core.labs.train_ddpm.settings import SIDES
from core.models.catalog import CATALOG
from training.scene_sheet import sheet

TINY: dict[str, Any] = {**program.NETWORKS["small"], "block_out_channels": (8, 8, 8)}


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same layers with few weights."""
    monkeypatch.setitem(program.NETWORKS, "small", TINY)


@pytest.fixture
def pictures() -> Tensor:
    return program.load_pictures(str(SHEET), 16)[0]


def new(**changes: Any) -> Training:
    return Training(program.build("small"), **{"batch": 8, "steps": 8, "warm_up": 2, **changes})


def weights(model: UNet2DModel) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def gradients(training: Training, pictures: Tensor) -> tuple[Tensor, float]:
    loss = training.backward(training.draw(pictures))
    found = torch.cat([weight.grad.flatten() for weight in training.model.parameters()])
    return found, float(loss)


def test_the_shipped_pictures_are_those_of_the_script() -> None:
    from PIL import Image

    with Image.open(SHEET) as shipped:
        assert shipped.convert("RGB").tobytes() == sheet().tobytes()


def test_the_pictures_are_cut_from_the_sheet_in_their_order() -> None:
    whole, held_out = program.load_pictures(str(SHEET), 32)
    assert (whole.shape, held_out.shape) == ((256, 3, 32, 32), (64, 3, 32, 32))
    second = sheet().crop((32, 0, 64, 32))
    assert program.as_picture(whole[1:2]).tobytes() == second.tobytes()
    small, _ = program.load_pictures(str(SHEET), 16)
    assert torch.allclose(small[5], whole[5].reshape(3, 16, 2, 16, 2).mean((2, 4)), atol=1e-6)


def test_the_largest_network_is_the_papers() -> None:
    published = UNet2DModel.from_config(UNet2DModel.load_config("core/models/configs/ddpm-cifar10-32"))
    ours = UNet2DModel(**program.NETWORKS["paper"])
    shapes = {name: value.shape for name, value in ours.state_dict().items()}
    assert shapes == {name: value.shape for name, value in published.state_dict().items()}
    assert sum(weight.numel() for weight in ours.parameters()) == CATALOG["ddpm-cifar10-32"].parameters == 35_746_307


def test_averaging_is_what_two_libraries_do(pictures: Tensor) -> None:
    training = new(steps=12)
    by_diffusers = EMAModel(training.model.parameters(), decay=0.99, min_decay=0.0)
    by_torch = AveragedModel(
        training.model,
        avg_fn=lambda slow, fast, count: slow.lerp(fast, 1 - min(0.99, (1 + int(count)) / (10 + int(count)))),
    )
    by_torch.update_parameters(training.model)  # the first only copies, and the count begins at one after it
    for step in range(12):
        training.train_step(pictures)
        if step:  # diffusers begins with the second step
            by_diffusers.step(training.model.parameters())
        if step:
            by_torch.update_parameters(training.model)
        else:
            by_torch.module.load_state_dict(training.averaged.state_dict())
            by_diffusers.step(training.model.parameters())
            by_diffusers.shadow_params = [weight.detach().clone() for weight in training.averaged.parameters()]
    assert torch.allclose(weights(training.averaged), weights(by_torch.module), atol=1e-6)
    theirs = torch.cat([weight.flatten() for weight in by_diffusers.shadow_params])
    assert (weights(training.averaged) - theirs).abs().max() < 1e-3 * theirs.abs().max()
    assert not torch.equal(weights(training.averaged), weights(training.model))


def test_the_learning_rate_rises_in_a_line_and_falls_as_half_a_cosine() -> None:
    training = new(steps=110, warm_up=10, learning_rate=1.0)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
    for step in range(110):
        training.step = step
        if step < 10:
            assert training.rate() == pytest.approx((step + 1) / 10)
        else:
            assert training.rate() == pytest.approx(cosine.get_last_lr()[0], abs=1e-9)
            optimizer.step()
            cosine.step()


@pytest.mark.parametrize("parts", [2, 4])
def test_parts_of_a_batch_add_up_to_its_gradient(parts: int, pictures: Tensor) -> None:
    whole, loss = gradients(new(batch=32), pictures)
    added, same = gradients(new(batch=32, accumulate=parts), pictures)
    assert torch.allclose(whole, added, atol=1e-5) and loss == pytest.approx(same, abs=1e-5)


def test_parts_of_unequal_size_count_by_their_pictures(pictures: Tensor) -> None:
    whole, _ = gradients(new(batch=7), pictures)
    assert torch.allclose(whole, gradients(new(batch=7, accumulate=3), pictures)[0], atol=1e-5)


def test_computing_activations_twice_changes_nothing(pictures: Tensor) -> None:
    plain, loss = gradients(new(), pictures)
    again, same = gradients(new(checkpointing=True), pictures)
    assert loss == same and torch.allclose(plain, again, atol=1e-6)


def test_mixed_precision_keeps_weights_and_sums_in_float32(pictures: Tensor) -> None:
    plain, loss = gradients(new(), pictures)
    mixed, close = gradients(new(mixed_precision=True), pictures)
    assert mixed.dtype == torch.float32 and loss == pytest.approx(close, rel=0.02)
    assert 0 < (plain - mixed).norm() < 0.1 * plain.norm()


def test_going_on_is_bit_for_bit_what_an_unbroken_training_does(pictures: Tensor, tmp_path: Path) -> None:
    unbroken, first = new(), new()
    losses: list[float] = []
    program.train(unbroken, pictures, lambda step, loss: losses.append(float(loss)) or True)
    program.train(first, pictures, lambda step, loss: step < 3)
    assert first.step == 3
    torch.save(first.state(), tmp_path / "training.pt")
    second, later = new(), []
    second.restore(torch.load(tmp_path / "training.pt", weights_only=True))
    program.train(second, pictures, lambda step, loss: later.append(float(loss)) or True)
    assert later == losses[3:]
    assert torch.equal(weights(second.model), weights(unbroken.model))
    assert torch.equal(weights(second.averaged), weights(unbroken.averaged))


def test_the_random_numbers_of_others_change_nothing(pictures: Tensor) -> None:
    one, other = new(), new()
    program.train(one, pictures)
    program.train(other, pictures, lambda *_: bool(torch.manual_seed(1)) or True)
    assert torch.equal(weights(one.model), weights(other.model))


def test_adam_keeps_two_numbers_of_four_bytes_for_every_weight(pictures: Tensor) -> None:
    training = new()
    training.train_step(pictures)
    training.backward(training.draw(pictures))
    parameters = sum(weight.numel() for weight in training.model.parameters())
    assert memory.counted(training) == memory.parts_of(parameters)
    assert memory.counted(training)["moments"] == 2 * 4 * parameters


def test_a_clipped_step_is_that_of_a_plain_loop(pictures: Tensor) -> None:
    training = new()
    model = copy.deepcopy(training.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=training.rate())
    chosen, step, noise = copy.deepcopy(training).draw(pictures)
    kept = training.schedule.alphas_cumprod[step].view(-1, 1, 1, 1)
    loss = (model(kept.sqrt() * chosen + (1 - kept).sqrt() * noise, step).sample - noise).square().mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    assert float(training.train_step(pictures)) == pytest.approx(float(loss.detach()), abs=1e-6)
    assert torch.allclose(weights(training.model), weights(model), atol=1e-6)


def test_the_loss_falls_within_a_few_steps(pictures: Tensor) -> None:
    training = new(steps=40, batch=16, learning_rate=5e-3, warm_up=5)
    held_out = program.load_pictures(str(SHEET), 16)[1]
    before = program.held_out_loss(training.model, held_out, training.schedule)
    program.train(training, pictures)
    assert program.held_out_loss(training.model, held_out, training.schedule) < 0.7 * before


def test_the_same_noise_gives_the_same_pictures_in_the_pictures_range() -> None:
    model = program.build("small")
    noise = torch.randn(2, 3, SIDES["small"], SIDES["small"], generator=torch.Generator().manual_seed(1))
    drawn = program.sample(model, noise, steps=3)
    assert torch.equal(drawn, program.sample(model, noise, steps=3)) and drawn.abs().max() <= 1
    assert program.as_picture(drawn).size == (32, 16)
