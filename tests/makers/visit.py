"""Photos for tests, as cameras and tricksters make them."""

from io import BytesIO

from PIL import ExifTags, Image


def make_jpeg(
    *,
    width: int = 640,
    height: int = 480,
    colour: str = "navy",
    taken: str | None = None,
    offset: str | None = None,
    orientation: int | None = None,
    comment: bytes | None = None,
) -> bytes:
    """A photo with the metadata a phone writes: where it was, when, which way up."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretPhone"
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        inner[ExifTags.Base.DateTimeOriginal] = taken
    if offset is not None:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    out = BytesIO()
    image = Image.new("RGB", (width, height), colour)
    image.paste("white", (0, 0, width // 4, height // 4))  # so that turning it shows
    image.save(out, "JPEG", exif=exif, comment=comment or b"")
    return out.getvalue()


def make_png(*, width: int = 64, height: int = 64, mode: str = "RGBA") -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG", compress_level=1)
    return out.getvalue()
