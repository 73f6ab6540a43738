"""A user's images: folders of files, npz files and arrays, and what is said of those that cannot be read."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import labels, noise
from PIL import Image

from nasbed.benchmarks.training.images import SPLITS, load_images
from nasbed.errors import DataError, OptionError, UnknownNameError

NAMES = ("ant", "bee", "cat")


def photos(folder: Path, each: int = 5, mode: str = "RGB", seed: int = 0, names: tuple[str, ...] = NAMES) -> Path:
    """A folder of classes of images, 6 pixels wide and 4 high."""
    colours = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    pixels = iter(noise(each * len(names), 4, 6, *colours, seed=seed))
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(next(pixels)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize(("mode", "colours"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_a_folder_of_classes_is_read(mode: str, colours: int, tmp_path: Path) -> None:
    folder = photos(tmp_path / "zoo", mode=mode)
    (folder / ".hidden").mkdir()
    (folder / "ant" / ".DS_Store").write_text("no image")
    (folder / "README.txt").write_text("no image")
    data = load_images(folder)
    assert (data.name, data.classes, data.augmentation) == ("zoo", NAMES, ())
    assert (data.colours, data.height, data.width) == (colours, 4, 6)
    assert [len(data.splits[name].labels) for name in SPLITS] == [9, 3, 3]
    assert data.origin.startswith("the folder zoo; three fifths of it are to train")
    stored = {
        np.atleast_3d(np.asarray(Image.open(path))).transpose(2, 0, 1).tobytes(): NAMES.index(path.parent.name)
        for path in folder.glob("*/[0-9].png")
    }
    for images, own in data.splits.values():
        assert [stored[image.tobytes()] for image in images] == own.tolist()
    assert load_images(str(folder)).checksum == data.checksum


def test_a_folder_s_splits_do_not_depend_on_the_order_in_which_files_were_made(tmp_path: Path) -> None:
    folder = photos(tmp_path / "zoo")
    for name in reversed(NAMES):
        for path in sorted((folder / name).iterdir(), reverse=True):
            (tmp_path / "other" / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / "other" / name)
    assert load_images(tmp_path / "other").checksum == load_images(folder).checksum


@pytest.mark.parametrize("validation", ["val", "validation", ""])
def test_a_folder_of_splits_is_read(validation: str, tmp_path: Path) -> None:
    photos(tmp_path / "train", each=10)
    photos(tmp_path / "test", each=2, seed=1)
    if validation:
        photos(tmp_path / validation, each=3, seed=2)
    data = load_images(tmp_path)
    assert [len(data.splits[name].labels) for name in SPLITS] == ([30, 9, 6] if validation else [24, 6, 6])
    assert data.classes == NAMES
    assert ("split as it was given" if validation else "6 of its training images validate") in data.origin


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert load_images(photos(tmp_path / "vehicles", names=("bus", "train"))).classes == ("bus", "train")


def spoilt_png(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def of_size(path: Path) -> None:
    Image.new("RGB", (9, 4)).save(path)


def of_mode(path: Path) -> None:
    Image.new("L", (6, 4)).save(path)


def of_sixteen_bits(path: Path) -> None:
    Image.new("I;16", (6, 4)).save(path)


def no_image(path: Path) -> None:
    path.write_text("a,b")


def folder_within(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoilt_png, r"bee/2\.png: cannot be read as an image \(.*\); repair it, or remove it from the folder"),
        (no_image, r"bee/2\.png: cannot be read as an image \(UnidentifiedImageError.*remove it"),
        (of_size, r"2\.png has 9 x 4 pixels in RGB and .*ant/0\.png 6 x 4 pixels in RGB; expected one size and colour mode"),
        (of_mode, r"2\.png has 6 x 4 pixels in L and .*0\.png 6 x 4 pixels in RGB; .*resize or convert"),
        (of_sixteen_bits, r"2\.png has the colour mode 'I;16'; expected one of L, RGB, RGBA: convert all images, as with Image"),
        (folder_within, r"bee/2\.png is a folder within a class; expected images: move them up, or delete it"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_named(spoil: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    spoil(photos(tmp_path / "zoo") / "bee" / "2.png")
    with pytest.raises(DataError, match=message):
        load_images(tmp_path / "zoo")


def test_classes_that_cannot_be_split_are_named(tmp_path: Path) -> None:
    folder = photos(tmp_path / "zoo")
    for path in sorted((folder / "bee").iterdir())[2:]:
        path.unlink()
    with pytest.raises(
        DataError, match=r"the folder zoo: class 'bee' has 2 different images to split; expected at least 3"
    ):
        load_images(folder)
    for path in (folder / "bee").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"class 'bee': .*bee is empty; put images into it, or delete it"):
        load_images(folder)
    shutil.rmtree(folder / "bee")
    shutil.rmtree(folder / "cat")
    with pytest.raises(DataError, match=r"it has 1 class \('ant'\); expected at least two"):
        load_images(folder)
    shutil.rmtree(folder / "ant")
    with pytest.raises(DataError, match="zoo has no folders; expected a folder of images for each class, or train"):
        load_images(folder)


def test_splits_of_folders_that_do_not_fit_together_are_named(tmp_path: Path) -> None:
    photos(tmp_path / "train")
    with pytest.raises(
        DataError, match=r"has train, and no folder test; expected .*: where validation was to be the last"
    ):
        load_images(tmp_path)
    photos(tmp_path / "test", seed=1, names=("ant", "bee"))
    with pytest.raises(DataError, match=r"class 'cat' has no folder in .*test; expected every class in each split"):
        load_images(tmp_path)
    shutil.copytree(tmp_path / "train" / "cat", tmp_path / "test" / "cat")
    with pytest.raises(
        DataError, match=r"5 images of train also lie in test, such as: train/cat/0\.png is test/cat/0\.png;"
    ):
        load_images(tmp_path)
    (tmp_path / "test" / "dog").mkdir()
    Image.new("RGB", (6, 4)).save(tmp_path / "test" / "dog" / "0.png")
    with pytest.raises(DataError, match=r"class 'dog' has no folder in .*train"):
        load_images(tmp_path)
    (tmp_path / "extra").mkdir()
    with pytest.raises(DataError, match="has the folders train and extra; expected a folder of images for each class"):
        load_images(tmp_path)
    (tmp_path / "extra").rename(tmp_path / "val")
    (tmp_path / "validation").mkdir()
    with pytest.raises(DataError, match="has the folders val and validation; expected one of them"):
        load_images(tmp_path)


def test_images_without_folders_of_classes_are_not_taken_for_two_classes(tmp_path: Path) -> None:
    photos(tmp_path, names=("train", "test"))
    with pytest.raises(DataError, match="train has no folders; expected a folder of images for each class"):
        load_images(tmp_path)


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(DataError, match=r"^cannot read the folder .*: Permission denied; "):
        load_images(tmp_path)


@pytest.mark.parametrize(
    ("shape", "expected", "read"),
    [
        ((5, 6), (1, 5, 6), ""),
        ((5, 6, 3), (3, 5, 6), ""),
        ((3, 5, 6), (3, 5, 6), ""),
        ((4, 5, 6), (4, 5, 6), ""),
        ((5, 6, 1), (1, 5, 6), ""),
        ((3, 6, 3), (3, 3, 6), "(count, height, width, colours)"),
        ((3, 6, 4), (3, 6, 4), "(count, colours, height, width)"),
        ((4, 6, 4), (4, 4, 6), "(count, height, width, colours)"),
        ((4, 6, 3), (3, 4, 6), "(count, height, width, colours)"),
    ],
)
def test_axes_are_read_and_told_where_they_are_a_choice(
    shape: tuple[int, ...], expected: tuple[int, ...], read: str
) -> None:
    images = noise(10, *shape)
    data = load_images((images, labels(2, 5)))
    assert (data.colours, data.height, data.width) == expected
    assert data.origin.startswith(
        f"the arrays images and labels{f' (shape {images.shape} was read as {read})' if read else ''};"
    )
    first = (
        images.transpose(0, 3, 1, 2)
        if images.ndim == 4 and read != "(count, colours, height, width)" and shape[2] in (1, 3, 4)
        else images
    )
    stored = {image.tobytes() for image in np.ascontiguousarray(first)}
    assert {image.tobytes() for image in data.splits["train"].images} <= stored


@pytest.mark.parametrize(
    ("change", "dtype"),
    [
        (lambda pixels: pixels.astype(np.int64), np.uint8),
        (lambda pixels: pixels.astype(np.float64), np.uint8),
        (lambda pixels: pixels > 99, np.uint8),
        (lambda pixels: pixels / 255, np.float32),
        (lambda pixels: pixels.astype(np.int16) - 1, np.float32),
        (lambda pixels: pixels.astype(np.uint16) * 256, np.float32),
    ],
)
def test_pixels_are_kept_as_bytes_where_they_are(change: Callable[[np.ndarray], np.ndarray], dtype: type) -> None:
    images = change(noise(12, 8, 8))
    train = load_images((images, labels(2, 6))).splits["train"].images
    assert train.dtype == dtype
    stored = {image.astype(dtype).tobytes() for image in images}
    assert all(image.tobytes() in stored for image in train)


def test_zeros_of_either_sign_are_one_image() -> None:
    images = noise(8, 4, 4) / 255
    images[0], images[1] = 0.0, -0.0
    assert "2 of" not in load_images((images, labels(2, 4))).origin
    assert "; 1 of its images lie in it under more than one label" in load_images((images, labels(2, 4))).origin


@pytest.mark.parametrize(
    ("given", "classes", "numbers"),
    [
        ([1, 2, 5], ("1", "2", "5"), [0, 1, 2]),
        ([10, 9, -1], ("-1", "9", "10"), [2, 1, 0]),
        ([2.0, 0.0, 1.0], ("0", "1", "2"), [2, 0, 1]),
        (["dog", "cat", "Ant"], ("Ant", "cat", "dog"), [2, 1, 0]),
        (np.array(["b", "c", "a"], object), ("a", "b", "c"), [1, 2, 0]),
        (np.array([b"b", b"c", b"a"]), ("a", "b", "c"), [1, 2, 0]),
        ([True, False, True], ("False", "True"), [1, 0, 1]),
        (np.array([[3], [1], [2]]), ("1", "2", "3"), [2, 0, 1]),
    ],
)
def test_classes_keep_their_names(given: Any, classes: tuple[str, ...], numbers: list[int]) -> None:
    images = noise(15, 4, 4)
    data = load_images((images, np.tile(np.asarray(given).T, 5).T))
    assert data.classes == classes
    places = {image.tobytes(): place for place, image in enumerate(images)}
    for pixels, own in data.splits.values():
        assert own.dtype == np.int64
        assert own.tolist() == [numbers[places[image.tobytes()] % 3] for image in pixels]


IMAGES, LABELS = noise(12, 4, 4), labels(2, 6)


def with_pixel(value: float) -> np.ndarray:
    images = IMAGES.astype(float)
    images[3, 1, 1] = value
    return images


@pytest.mark.parametrize(
    ("images", "own", "message"),
    [
        (IMAGES, LABELS[:5], "images holds 12 images and labels 5 labels; expected a label for each image"),
        (IMAGES[:0], LABELS[:0], r"images is empty, of shape \(0, 4, 4\); expected at least one image"),
        (IMAGES, [], r"labels is empty, of shape \(0,\)"),
        (IMAGES.reshape(12, 16), LABELS, r"images is of shape \(12, 16\); expected \(count, height, width\), "),
        (noise(12, 2, 5, 5), LABELS, r"images is of shape \(12, 2, 5, 5\); expected .* with 1, 3 or 4 colours"),
        (IMAGES.astype(complex), LABELS, "images is an array of complex128; expected pixels as numbers"),
        (IMAGES.astype(str), LABELS, "images is an array of <U3; expected pixels as numbers"),
        ([[1, 2], [3]], LABELS, r"images = \[\[1, 2\], \[3\]\]; expected an array of pixels as numbers \(ValueError"),
        (
            with_pixel(np.nan),
            LABELS,
            r"images: image 3 \(counted from 0\) has a pixel that is no finite number; .*remove",
        ),
        (with_pixel(-np.inf), LABELS, "image 3 .*no finite number"),
        (with_pixel(1e300), LABELS, "images has pixels beyond what 32-bit floats hold; .*rescale"),
        (IMAGES, LABELS + 0.5, r"labels\[0\] = 0.5; expected whole numbers or texts as labels"),
        (IMAGES, np.where(LABELS, np.nan, 0), r"labels\[1\] = nan; expected whole numbers"),
        (IMAGES, np.array([*range(11), 2**64 - 1], np.uint64), r"labels\[11\] = 18446744073709551615; expected whole"),
        (IMAGES, np.eye(12), r"labels is of shape \(12, 12\); expected one label for each image: .*argmax\(1\)"),
        (IMAGES, LABELS.astype(complex), "labels is an array of complex128; expected whole numbers or texts"),
        (IMAGES, np.array([b"\xff"] * 12), "labels holds bytes that are no text in UTF-8"),
        (IMAGES, [None] * 12, "labels is an array of object; expected whole numbers or texts"),
    ],
)
def test_arrays_that_are_no_images_or_labels_are_refused(images: Any, own: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_images((images, own))


def test_arrays_of_the_user_stay_as_they_are() -> None:
    images, own = IMAGES.copy(), LABELS.copy()
    before = load_images((images, own))
    images[:] = 0
    own[:] = 0
    assert before.checksum == load_images((IMAGES, LABELS)).checksum


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_an_npz_file_is_read(tmp_path: Path) -> None:
    whole = load_images(npz(tmp_path / "cells.npz", images=IMAGES, labels=LABELS + 1, notes=np.zeros(3)))
    assert (whole.name, whole.classes) == ("cells", ("1", "2"))
    assert whole.origin.startswith("cells.npz; three fifths")
    (tmp_path / "cells.npz").rename(tmp_path / "renamed.npz")
    renamed = load_images(str(tmp_path / "renamed.npz"))
    assert (renamed.name, renamed.checksum) == ("renamed", whole.checksum)
    assert load_images((IMAGES, LABELS + 1)).checksum == whole.checksum


def test_an_npz_file_of_splits_is_read(tmp_path: Path) -> None:
    parts = {"x_train": IMAGES, "y_train": LABELS, "x_test": noise(4, 4, 4, seed=1) / 255, "y_test": labels(2, 2)}
    data = load_images(npz(tmp_path / "a.npz", **parts))
    assert [len(data.splits[name].labels) for name in SPLITS] == [10, 2, 4]
    assert {part.images.dtype.name for part in data.splits.values()} == {"float32"}
    more = {"x_validation": noise(6, 4, 4, seed=2), "y_validation": labels(2, 3)}
    data = load_images(npz(tmp_path / "b.npz", **parts, **more))
    assert [len(data.splits[name].labels) for name in SPLITS] == [12, 6, 4]


X, Y = {"x_train": IMAGES, "x_test": noise(4, 4, 4, seed=1)}, {"y_train": LABELS, "y_test": labels(2, 2)}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "it holds nothing, and no x_train; expected images and labels, or x_train, y_train, x_test, y_test and"),
        ({"images": IMAGES}, "it holds images, and no labels; expected images and labels, or"),
        ({"labels": LABELS}, "it holds labels, and no x_train; expected images and labels, or"),
        ({"images": IMAGES, "labels": LABELS, **X}, "it holds images and x_train; expected .*, not both"),
        (X, "it holds x_train, x_test, and no y_train"),
        ({"x_train": IMAGES, **Y}, "and no x_test; expected"),
        ({"x_validation": IMAGES, "x_train": IMAGES, "y_train": LABELS}, "and no y_validation; expected"),
        ({**X, **Y, "x_test": noise(4, 5, 4)}, r"images of x_train are \(4, 4\) and those of x_test \(5, 4\); expected one shape"),
        ({**X, **Y, "y_test": ["a", "b"] * 2}, "y_train and y_test hold texts and numbers; expected labels of one kind"),
        ({**X, **Y, "y_test": [0, 2] * 2}, "class '2' has no image in train; expected every class in each split"),
        ({**X, **Y, "y_test": [0] * 4}, "class '1' has no image in test; expected every class in each split"),
        ({**X, **Y, "x_test": IMAGES[:4]}, "a.npz: 4 images of train also lie in test, such as: image 0 of train"),
        ({"images": IMAGES, "labels": np.array([None] * 12)}, r"cannot be read as an npz file of arrays without objects"),
    ],
)  # fmt: skip
def test_npz_files_of_other_content_are_refused(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        load_images(npz(tmp_path / "a.npz", **arrays))


def test_files_that_are_no_npz_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 broken off")
    (tmp_path / "b.png").write_text("text")
    for name in ("a.npz", "b.png"):
        with pytest.raises(DataError, match=f"{name}: cannot be read as an npz file of arrays .*numpy.savez"):
            load_images(tmp_path / name)
    content = io.BytesIO()
    np.save(content, IMAGES)
    (tmp_path / "c.npy").write_bytes(content.getvalue())
    with pytest.raises(DataError, match=r"c\.npy: it holds one array; expected an npz file with images and labels"):
        load_images(tmp_path / "c.npy")


@pytest.mark.parametrize("data", [3, None, (IMAGES,), (IMAGES, LABELS, LABELS), IMAGES, b"digits"])
def test_what_is_no_data_is_refused(data: Any) -> None:
    with pytest.raises(
        OptionError, match=r"(?s)^data = .*; expected a name \(digits, mnist, .*or a pair \(images, labels\)"
    ):
        load_images(data)


def test_names_and_paths_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown image data 'cifar01'; did you mean 'cifar10'.*or the path of"):
        load_images("cifar01")
    for nothing in ("", "photos"):
        with pytest.raises(UnknownNameError, match=f"unknown image data '{nothing}'"):
            load_images(nothing)
    for path in (tmp_path / "a", "a/b", "a.npz", Path("photos")):
        with pytest.raises(
            DataError, match=f"{path} is not there; expected a folder of images by class, or an npz file"
        ):
            load_images(path)
    with pytest.raises(DataError, match=r"cannot read a+"):
        load_images("a" * 900)


def test_a_root_is_for_published_sets(tmp_path: Path) -> None:
    for data in (tmp_path, (IMAGES, LABELS)):
        with pytest.raises(
            OptionError, match=r"^folder = .* is where published sets lie .*leave it out for your own data"
        ):
            load_images(data, tmp_path)
    with pytest.raises(OptionError, match="folder = 3; expected the path of the folder that holds published sets"):
        load_images("mnist", 3)  # type: ignore[arg-type]
