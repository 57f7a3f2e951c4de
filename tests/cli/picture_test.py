"""--picture: tiles become a PNG file that others can open."""

import base64
import struct
import zlib

from fanfold_cli import CliTest, main

SMALL = """\
[params]
row    = { count = 3 }
column = { count = 4 }

[task]
kernel = "mandelbrot"
side   = 16
width  = 50
height = 40
limit  = 100

[reduce]
image  = "picture(tile)"
inside = "sum(inside)"
"""


def chunks(png):
    """Types and contents; what is wrong with the file's form is an error."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, []
    while at < len(png):
        (size,) = struct.unpack(">I", png[at:at + 4])
        body = png[at + 4:at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size:at + 12 + size]) == (zlib.crc32(body),)
        found.append((body[:4].decode(), body[4:]))
        at += 12 + size
    return found


class PictureTest(CliTest):
    def bytes_of(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def rows_of(self, name):
        """The shades of a picture, and its colours."""
        (header, palette, data, end) = chunks(self.bytes_of(name))
        self.assertEqual([kind for kind, _ in (header, palette, data, end)], ["IHDR", "PLTE", "IDAT", "IEND"])
        width, height, *form = struct.unpack(">IIBBBBB", header[1])
        self.assertEqual(form, [8, 3, 0, 0, 0])
        raw = zlib.decompress(data[1])
        self.assertEqual(len(raw), height * (width + 1))
        rows = [raw[at:at + width + 1] for at in range(0, len(raw), width + 1)]
        self.assertEqual({row[0] for row in rows}, {0})
        self.assertEqual(len(palette[1]), 3 * 256)
        self.assertEqual(palette[1][:3], bytes(3))
        return [row[1:] for row in rows]

    def test_has_every_pixel_where_the_tiles_have_it(self):
        self.write("small.toml", SMALL)
        self.expect(["run", "small.toml", "--quiet", "--picture", "small.png"],
                    out="image  = 50 × 40 pixels; --picture FILE writes them  (12 of 12 tasks)\n"
                        "inside = 308  (12 of 12 tasks)\n")
        rows = self.rows_of("small.png")
        self.assertEqual((len(rows), len(rows[0])), (40, 50))
        self.assertEqual(sum(row.count(0) for row in rows), 308)
        tiles = self.fanfold("results", "small.run", "--csv").out.splitlines()[1:]
        self.assertEqual(len(tiles), 12)
        for line in tiles:
            left, top, width, height, *whole, text = next(cell for cell in line.split(",") if " 50 40 " in cell).split()
            self.assertEqual(whole, ["50", "40"])
            shades = base64.b64decode(text + "=" * (-len(text) % 4))
            for y in range(int(height)):
                self.assertEqual(rows[int(top) + y][int(left):int(left) + int(width)],
                                 shades[y * int(width):(y + 1) * int(width)])

    def test_is_the_same_whatever_ran_it_and_from_the_run_file(self):
        self.write("small.toml", SMALL)
        self.fanfold("run", "small.toml", "--quiet", "--picture", "first.png")
        self.fanfold("run", "small.toml", "--quiet", "--fresh", "--compute-threads", "3", "--chunk", "1", "--simd", "SSE4",
                     "--picture", "second.png")
        self.expect(["results", "small.run", "--picture", "third.png"])
        self.assertEqual(self.bytes_of("first.png"), self.bytes_of("second.png"))
        self.assertEqual(self.bytes_of("first.png"), self.bytes_of("third.png"))

    def test_several_are_numbered_and_missing_tiles_are_black(self):
        self.write("small.toml", SMALL.replace('"picture(tile)"', '"picture(tile) by column"'))
        self.fanfold("run", "small.toml", "--quiet", "--picture", "part.png")
        for column, name in enumerate(["part.png", "part-2.png", "part-3.png", "part-4.png"]):
            rows = self.rows_of(name)
            outside = [row[:16 * column] + row[16 * column + 16:] for row in rows]
            self.assertEqual({shade for row in outside for shade in row}, {0})
            self.assertNotEqual({row[16 * column] for row in rows}, {0})

    def test_of_what_are_no_tiles(self):
        self.write("names.toml", '[params]\nname = ["one", "two"]\n\n[values]\ncopy = "name"\n\n'
                                 '[reduce]\nimage = "picture(copy)"\n')
        self.expect(["run", "names.toml", "--quiet", "--picture", "none.png"], status=75,
                    out="image = none: a text that is no tile of a picture  (2 of 2 tasks)\n",
                    err="fanfold: there is no picture to write\n")

    def test_mistakes_are_found_before_anything_runs(self):
        self.write("small.toml", SMALL)
        self.expect(["run", "small.toml", "--picture", "folder/small.png"], status=2,
                    err="fanfold: picture 'folder/small.png': there is no folder 'folder'\n")
        self.write("sum.toml", SMALL.replace('image  = "picture(tile)"\n', ""))
        self.expect(["run", "sum.toml", "--picture", "small.png"], status=2,
                    err='fanfold: --picture: no entry of [reduce] is a picture, such as `image = "picture(tile)"`\n')
        self.write("number.toml", SMALL.replace("picture(tile)", "picture(inside)"))
        self.expect(["run", "number.toml"], status=2,
                    err="number.toml:13:19: picture needs a tile; 'inside' is integer\n")


if __name__ == "__main__":
    main()
