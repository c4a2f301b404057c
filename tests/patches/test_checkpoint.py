"""Checkpoints in the layout of openai/gpt-oss-20b are read packed, and odd ones are refused in one sentence."""

import copy
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from safetensors.torch import load_file, save_file  # noqa: E402

from assay.patches import checkpoint, layout, synthetic  # noqa: E402
from assay.patches.errors import CheckpointError, DeviceError, ModelError, OptionError  # noqa: E402
from assay.patches.packed import PackedExperts  # noqa: E402

BLOCKS = "model.layers.1.mlp.experts.down_proj_blocks"


@pytest.fixture
def folder(tiny, tmp_path):
    return synthetic.write(tmp_path / "model", tiny().config, spread=0.3, shard_bytes=40_000)


def edit(folder, name, change):
    """Let `change` replace one tensor of the checkpoint; None removes it."""
    path = layout.files(folder)[name]
    tensors = load_file(path)
    value = change(tensors.pop(name))
    if value is not None:
        tensors[name] = value
    save_file(tensors, path, metadata={"format": "pt"})


def test_a_checkpoint_is_split_over_shards_named_in_an_index(folder):
    index = json.loads((folder / layout.INDEX).read_text())
    files = set(index["weight_map"].values())
    assert len(files) > 2
    assert {path.name for path in folder.glob("*.safetensors")} == files
    assert index["metadata"]["total_size"] == sum(t.nbytes for f in files for t in load_file(folder / f).values())


def test_the_layout_of_the_20b_has_the_shapes_and_the_size_of_the_published_checkpoint():
    from transformers import GptOssConfig

    tensors = dict(layout.tensors(GptOssConfig(num_hidden_layers=24, num_local_experts=32)))
    assert tensors["model.layers.23.mlp.experts.gate_up_proj_blocks"].shape == (32, 5760, 90, 16)
    assert tensors["model.layers.0.mlp.experts.down_proj_scales"].shape == (32, 2880, 90)
    sizes = (torch.Size(e.shape).numel() * (1 if e.packed else 2) for e in tensors.values())
    assert sum(sizes) == 13_761_264_768  # metadata.total_size of openai/gpt-oss-20b


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_dense_loading_gives_the_very_weights_and_types_that_transformers_loads(folder, dtype):
    from transformers import GptOssForCausalLM, Mxfp4Config

    options = {"quantization_config": Mxfp4Config(dequantize=True), "dtype": dtype}
    theirs = GptOssForCausalLM.from_pretrained(folder, **options).state_dict()
    ours = checkpoint.load(folder, dtype=dtype, packed=False).state_dict()
    assert list(ours) == list(theirs)
    assert [value.dtype for value in ours.values()] == [value.dtype for value in theirs.values()]
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_packed_experts_hold_the_bytes_of_the_checkpoint_and_nothing_larger(folder):
    model = checkpoint.load(folder, dtype=torch.float32)
    path = layout.files(folder)[BLOCKS]
    assert torch.equal(model.get_buffer(BLOCKS), load_file(path)[BLOCKS])
    experts = model.model.layers[1].mlp.experts
    held = sum(t.untyped_storage().nbytes() for t in [*experts.parameters(), *experts.buffers()])
    packed = sum(b.nbytes for b in experts.buffers())
    biases = experts.gate_up_proj_bias.nbytes + experts.down_proj_bias.nbytes
    assert held == packed + biases + 2 * 4  # one float for each placeholder


def test_unpacked_experts_are_those_of_dense_loading(folder):
    unpacked = checkpoint.unpack(checkpoint.load(folder)).state_dict()
    dense = checkpoint.load(folder, packed=False).state_dict()
    assert all(torch.equal(unpacked[name], dense[name]) for name in dense)


@pytest.mark.parametrize("change", [copy.deepcopy, lambda model: model.half(), lambda model: model.to("cpu").double()])
def test_copying_and_casting_a_packed_model_keep_its_placeholders_empty(folder, change):
    model = change(checkpoint.load(folder))
    experts = model.model.layers[0].mlp.experts
    assert isinstance(experts, PackedExperts)
    assert experts.gate_up_proj.untyped_storage().nbytes() == experts.gate_up_proj_bias.element_size()
    assert experts.gate_up_proj.dtype == experts.gate_up_proj_bias.dtype
    assert experts.gate_up_proj_blocks.dtype == torch.uint8
    names = list(dict(experts.named_parameters()))
    assert names == ["gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"]


def test_a_packed_models_state_loads_into_another_packed_model_and_holds_no_placeholder(folder):
    state = checkpoint.load(folder).state_dict()
    assert set(state) == set(dict(layout.tensors(layout.read_config(folder))))
    other = synthetic.model(layout.read_config(folder), "cpu", seed=9)
    other.load_state_dict(state)
    assert all(torch.equal(value, state[name]) for name, value in other.state_dict().items())


def test_a_random_model_reaches_the_clamp_sometimes_and_stays_finite(tiny):
    model = synthetic.model(tiny().config, "cpu", torch.float32, spread=0.3)
    assert model(torch.arange(1, 60).unsqueeze(0)).logits.isfinite().all()
    assert (model.model.layers[0].mlp.experts.dense("down_proj", torch.float32).std() - 0.3).abs() < 0.1


def test_a_missing_tensor_is_named(folder):
    index = json.loads((folder / layout.INDEX).read_text())
    del index["weight_map"][BLOCKS]
    (folder / layout.INDEX).write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=rf"{BLOCKS} is missing"):
        checkpoint.load(folder)


def test_a_tensor_that_the_index_promises_and_the_shard_lacks_is_named(folder):
    edit(folder, BLOCKS, lambda blocks: None)
    with pytest.raises(CheckpointError, match=rf"{BLOCKS} cannot be read from .*safetensors"):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    "change", [lambda t: t[:, :-1].contiguous(), lambda t: t[..., :15].contiguous(), lambda t: t.flatten(2)]
)
def test_odd_sized_blocks_are_named_with_both_shapes(folder, change):
    edit(folder, BLOCKS, change)
    with pytest.raises(CheckpointError, match=rf"{BLOCKS} in .* is \(4, .*configuration says \(4, 64, 1, 16\)"):
        checkpoint.load(folder)


def test_blocks_that_are_no_bytes_are_named(folder):
    edit(folder, BLOCKS, lambda blocks: blocks.float())
    with pytest.raises(CheckpointError, match=rf"{BLOCKS} .* should be uint8"):
        checkpoint.load(folder)


def test_a_missing_and_a_cut_shard_are_named(folder):
    path = layout.files(folder)[BLOCKS]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=rf"{path.name} is damaged"):
        checkpoint.load(folder)
    path.unlink()
    with pytest.raises(CheckpointError, match=rf"{path.name} is missing"):
        checkpoint.load(folder)


def test_a_dense_checkpoint_is_sent_to_from_pretrained(tiny, tmp_path):
    tiny().save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="from_pretrained"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "llama"}, "model_type 'llama'"),
        ({"quantization_config": {"quant_method": "awq"}}, "quant_method 'awq'"),
        ({"intermediate_size": 40}, "intermediate_size = 40"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_by_the_option(folder, change, named):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=named):
        checkpoint.load(folder)


def test_a_folder_without_a_model_and_a_name_that_is_none_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(CheckpointError, match=r"config.json cannot be read"):
        checkpoint.load(tmp_path)
    with pytest.raises(CheckpointError, match="neither a folder nor a model"):
        checkpoint.load("no/such/model/here")


@pytest.mark.parametrize(("packed", "way"), [(True, "take another device"), (False, "leave the experts packed")])
def test_weights_that_do_not_fit_into_memory_are_told_with_their_size(tiny, packed, way):
    config = tiny(num_hidden_layers=1, layer_types=["full_attention"]).config
    config.vocab_size = 2**44
    with pytest.raises(DeviceError, match=rf"the weights take \d+\.\d GB, more than device cpu has free: .*{way}"):
        checkpoint.build(config, torch.float32, "cpu", packed=packed)


def test_a_type_that_is_no_floating_point_is_refused(folder):
    with pytest.raises(OptionError, match=r"torch.int8"):
        checkpoint.load(folder, dtype=torch.int8)
