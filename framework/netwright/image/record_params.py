"""What the iterators over record files take: MXNet's names and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from ..ops.params import DType, OpParams, Sizes, hint

FileName = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, Path) else value)]


class ReadingParams(OpParams):
    """Where images come from, and how batches are made."""

    path_imgrec: FileName = Field(description="the record file")
    path_imgidx: FileName = Field("", description="its index; not needed")
    path_imglist: FileName = Field("", description="a list file whose labels replace those of the records")
    data_shape: Sizes = Field(description="(channels, height, width); 3 channels, or 1 for grey")
    batch_size: int = Field(ge=1, description="images of a batch")
    shuffle: bool = Field(False, description="a new random order in each epoch")
    seed: int = Field(0, ge=0, description="of order and augmentation, drawn from a generator of its own")
    seed_aug: int | None = Field(None, ge=0, description="of the augmentation alone")
    round_batch: bool = Field(True, description="fill the last batch from the beginning, else with zeros")
    num_parts: int = Field(1, ge=1, description="how many readers share the file")
    part_index: int = Field(0, ge=0, description="which share to read")
    preprocess_threads: int = Field(4, ge=1, description="threads that decode")
    dtype: DType | None = Field(None, description="element type of the data; float32 where none is given")
    data_name: str = Field("data", description="name of the data")
    label_name: str = Field("softmax_label", description="name of the labels")
    inter_method: int = Field(1, description="interpolation, as in imresize")
    fill_value: int = Field(255, ge=0, le=255, description="colour of what lies outside")
    mean_img: FileName = Field("", description="file of a mean image; computed and written where it is not there")
    mean_r: float = Field(0.0, description="subtracted from red")
    mean_g: float = Field(0.0, description="subtracted from green")
    mean_b: float = Field(0.0, description="subtracted from blue")
    mean_a: float = hint(0.0)
    std_r: float = Field(1.0, description="divides red")
    std_g: float = Field(1.0, description="divides green")
    std_b: float = Field(1.0, description="divides blue")
    std_a: float = hint(1.0)
    scale: float = Field(1.0, description="factor of all values")
    verbose: bool = hint(True)
    ctx: str = hint("gpu")
    device_id: int = hint(0)
    prefetch_buffer: int = hint(4)
    aug_seq: str = hint("aug_default")
    shuffle_chunk_size: int = hint(0)
    shuffle_chunk_seed: int = hint(0)


class RecordParams(ReadingParams):
    """What ImageRecordIter takes."""

    label_width: int = Field(1, ge=1, description="labels of an image")
    resize: int = Field(-1, description="length of the shorter side before cropping; −1: as it is")
    pad: int = Field(0, ge=0, description="pixels put around the image before cropping")
    rand_crop: bool = Field(False, description="crop at a random place, else in the middle")
    max_crop_size: int = Field(-1, description="with min_crop_size: a random square crop, resized")
    min_crop_size: int = Field(-1, description="smallest side of that crop")
    random_resized_crop: bool = Field(False, description="crop of random area and ratio, resized")
    min_random_area: float = Field(1.0, gt=0, le=1, description="smallest share of that crop")
    max_random_area: float = Field(1.0, gt=0, le=1, description="largest share of that crop")
    min_aspect_ratio: float | None = Field(None, gt=0, description="smallest ratio of width and height")
    max_aspect_ratio: float = Field(0.0, ge=0, description="largest ratio; without the smallest: 1 ± this")
    rotate: int = Field(-1, description="angle in degrees; −1: not turned")
    max_rotate_angle: int = Field(0, ge=0, description="random angle of at most so many degrees")
    max_shear_ratio: float = Field(0.0, ge=0, description="random shear of at most this")
    min_random_scale: float = Field(1.0, gt=0, description="smallest random scale")
    max_random_scale: float = Field(1.0, gt=0, description="largest random scale")
    min_img_size: float = Field(0.0, ge=0, description="smallest side after scaling")
    max_img_size: float = Field(1e10, gt=0, description="largest side after scaling")
    brightness: float = Field(0.0, ge=0, description="random brightness: 1 ± this")
    contrast: float = Field(0.0, ge=0, description="random contrast: 1 ± this")
    saturation: float = Field(0.0, ge=0, description="random saturation: 1 ± this")
    pca_noise: float = Field(0.0, ge=0, description="standard deviation of random lighting")
    random_h: int = Field(0, ge=0, description="random turn of hues, in steps of 2°")
    random_s: int = Field(0, ge=0, description="random change of saturation, of 255")
    random_l: int = Field(0, ge=0, description="random change of lightness, of 255")
    max_random_contrast: float = Field(0.0, ge=0, description="random factor of the normalized values: 1 ± this")
    max_random_illumination: float = Field(0.0, ge=0, description="random summand of the normalized values: ± this")
    mirror: bool = Field(False, description="mirror all images")
    rand_mirror: bool = Field(False, description="mirror half of the images")


class DetRecordParams(ReadingParams):
    """What ImageDetRecordIter takes."""

    fill_value: int = Field(127, ge=0, le=255, description="colour of what lies outside")
    label_width: int = hint(-1)
    label_pad_width: int = Field(0, ge=0, description="numbers of a label, filled up; 0: as many as the longest has")
    label_pad_value: float = Field(-1.0, description="what labels are filled up with")
    std_r: float = Field(0.0, description="divides red; 0: nothing")
    std_g: float = Field(0.0, description="divides green; 0: nothing")
    std_b: float = Field(0.0, description="divides blue; 0: nothing")
    resize: int = Field(-1, description="length of the shorter side at first; −1: as it is")
    rand_mirror_prob: float = Field(0.0, ge=0, le=1, description="probability to mirror")
    rand_pad_prob: float = Field(0.0, ge=0, le=1, description="probability of a border")
    max_pad_scale: float = Field(1.0, ge=1, description="largest side with the border over the image's")
    rand_crop_prob: float = Field(0.0, ge=0, le=1, description="probability of a random part")
    min_crop_scales: tuple[float, ...] = Field((0.0,), description="smallest side of a part over the image's")
    max_crop_scales: tuple[float, ...] = Field((1.0,), description="largest side of a part over the image's")
    min_crop_aspect_ratios: tuple[float, ...] = Field((1.0,), description="smallest ratio of width and height")
    max_crop_aspect_ratios: tuple[float, ...] = Field((1.0,), description="largest ratio of width and height")
    min_crop_object_coverages: tuple[float, ...] = Field((0.0,), description="share of touched objects to be inside")
    emit_overlap_thresh: float = Field(0.3, ge=0, le=1, description="share of an object that must be left to keep it")
    max_crop_trials: Sizes = Field((25,), description="attempts to find a part")
