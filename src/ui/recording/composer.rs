//! The picture of a recording: what the stage shows, drawn on a canvas.

use std::f64::consts::TAU;

use js_sys::{Array, Reflect};
use visavis_app::layout::{Rect, Size};
use visavis_app::recording::composition::{canvas_size, contain, cover, place};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, HtmlVideoElement};

use super::Subject;
use crate::dom;
use crate::dom::by_name::{call, member};
use crate::ui::names;

/// Around and between the tiles.
const BACKGROUND: &str = "#0d1211";
const TILE: &str = "#1c2523";
const PLATE: &str = "#0d1211b8";
const INK: &str = "#f1f5f4";
const SPEAKS: &str = "#4fd0b4";
/// Height of letters, in pixels.
const TEXT: u32 = 20;
/// Room around a name.
const PADDING: u32 = 8;

/// A canvas, and how to draw on it.
pub(super) struct Composer {
    canvas: JsValue,
    context: JsValue,
    size: Size,
    subject: Subject,
}

impl Composer {
    /// Draws the subject as it is in `frame`.
    pub(super) fn new(frame: &Element, subject: Subject) -> Result<Self, JsValue> {
        let canvas: JsValue = dom::document()?.create_element("canvas")?.into();
        let size = canvas_size(subject.area(frame)?.1);
        for (name, length) in [("width", size.width), ("height", size.height)] {
            Reflect::set(&canvas, &name.into(), &length.into())?;
        }
        let context = call(&canvas, "getContext", &[&"2d".into()])?;
        let composer = Self { canvas, context, size, subject };
        composer.draw(frame)?;
        Ok(composer)
    }

    /// What it draws, as a track.
    pub(super) fn track(&self) -> Result<JsValue, JsValue> {
        // Without a rate: whatever is drawn is a picture, also while the page is hidden.
        let stream = call(&self.canvas, "captureStream", &[])?;
        Ok(Array::from(&call(&stream, "getVideoTracks", &[])?).get(0))
    }

    /// Draws the next picture.
    pub(super) fn draw(&self, frame: &Element) -> Result<(), JsValue> {
        self.fill(BACKGROUND, Rect { x: 0, y: 0, width: self.size.width, height: self.size.height })?;
        let (origin, area) = self.subject.area(frame)?;
        for tile in self.subject.tiles(frame) {
            let rect = rect_of(&tile)?;
            let [x, y] = [rect[0] - origin[0], rect[1] - origin[1]].map(pixels);
            let rect = Rect { x, y, width: pixels(rect[2]), height: pixels(rect[3]) };
            self.draw_tile(&tile, place(area, rect, self.size))?;
        }
        Ok(())
    }

    fn draw_tile(&self, tile: &Element, rect: Rect) -> Result<(), JsValue> {
        self.fill(TILE, rect)?;
        let name = tile.get_attribute("aria-label").unwrap_or_default();
        let video: HtmlVideoElement = dom::find(tile, "video")?;
        let picture = Size { width: video.video_width(), height: video.video_height() };
        if tile.get_attribute("data-camera").as_deref() == Some("on") && picture.width > 0 {
            self.draw_picture(&video, picture, rect, tile.has_attribute("data-crop"))?;
        } else {
            self.draw_initials(&name, rect)?;
        }
        if tile.has_attribute("data-speaking") {
            self.set("strokeStyle", &SPEAKS.into())?;
            self.set("lineWidth", &4.into())?;
            self.call("strokeRect", &numbers(rect))?;
        }
        self.draw_name(&name, rect)
    }

    fn draw_picture(&self, video: &JsValue, picture: Size, rect: Rect, crop: bool) -> Result<(), JsValue> {
        let (from, to) = if crop {
            (cover(picture, rect), rect)
        } else {
            (Rect { x: 0, y: 0, width: picture.width, height: picture.height }, contain(picture, rect))
        };
        let [a, b, c, d] = numbers(from);
        let [e, f, g, h] = numbers(to);
        self.call("drawImage", &[video.clone(), a, b, c, d, e, f, g, h])
    }

    fn draw_initials(&self, name: &str, rect: Rect) -> Result<(), JsValue> {
        let radius = rect.width.min(rect.height) / 6;
        let (x, y) = (rect.x + rect.width / 2, rect.y + rect.height / 2);
        self.set("fillStyle", &["hsl(", &names::hue(name).to_string(), " 38% 34%)"].concat().into())?;
        self.call("beginPath", &[])?;
        self.call("arc", &[x.into(), y.into(), radius.into(), 0.into(), TAU.into()])?;
        self.call("fill", &[])?;
        self.set("textAlign", &"center".into())?;
        self.write(&names::initials(name).to_uppercase(), [x, y], radius * 3 / 4, rect.width)
    }

    fn draw_name(&self, name: &str, rect: Rect) -> Result<(), JsValue> {
        self.set("font", &font(TEXT).into())?;
        let most = rect.width.saturating_sub(4 * PADDING);
        let measured = call(&self.context, "measureText", &[&name.into()])?;
        let width = pixels(member(&measured, "width").as_f64().unwrap_or_default()).min(most);
        if width == 0 || rect.height < 3 * TEXT {
            return Ok(());
        }
        let height = TEXT + PADDING;
        let (x, y) = (rect.x + PADDING, rect.y + rect.height - PADDING - height);
        self.fill(PLATE, Rect { x, y, width: width + 2 * PADDING, height })?;
        self.set("textAlign", &"left".into())?;
        self.write(name, [x + PADDING, y + height / 2], TEXT, most)
    }

    fn write(&self, text: &str, [x, y]: [u32; 2], height: u32, most: u32) -> Result<(), JsValue> {
        self.set("font", &font(height).into())?;
        self.set("textBaseline", &"middle".into())?;
        self.set("fillStyle", &INK.into())?;
        self.call("fillText", &[text.into(), x.into(), y.into(), most.into()])
    }

    fn fill(&self, style: &str, rect: Rect) -> Result<(), JsValue> {
        self.set("fillStyle", &style.into())?;
        self.call("fillRect", &numbers(rect))
    }

    fn set(&self, name: &str, value: &JsValue) -> Result<(), JsValue> {
        Reflect::set(&self.context, &name.into(), value).map(drop)
    }

    fn call(&self, method: &str, arguments: &[JsValue]) -> Result<(), JsValue> {
        call(&self.context, method, &arguments.iter().collect::<Vec<_>>()).map(drop)
    }
}

impl Subject {
    /// Where what is recorded begins in the window, in CSS pixels, and how large it is.
    fn area(&self, frame: &Element) -> Result<([f64; 2], Size), JsValue> {
        let area = match self {
            Self::Stage => frame.query_selector(".stage .tiles")?,
            Self::Tile { .. } => self.tiles(frame).first().map(|tile| tile.clone().into()),
        };
        let [x, y, width, height] = area.map_or(Ok([0.0; 4]), |area| rect_of(&area))?;
        Ok(([x, y], Size { width: pixels(width), height: pixels(height) }))
    }

    /// The tiles that are recorded, in the order in which they lie over each other.
    pub(super) fn tiles(&self, frame: &Element) -> Vec<HtmlElement> {
        let mut tiles = all_tiles(frame);
        tiles.retain(|tile| match self {
            Self::Stage => true,
            Self::Tile { .. } => Self::of(tile).as_ref() == Some(self),
        });
        tiles
    }
}

/// The tiles that are shown on the stage.
pub(super) fn all_tiles(frame: &Element) -> Vec<HtmlElement> {
    dom::find_all(frame, ".stage:not([inert]) .tiles .tile:not([hidden])")
}

/// Place and size of an element in the window, in CSS pixels.
fn rect_of(element: &Element) -> Result<[f64; 4], JsValue> {
    let rect = call(element, "getBoundingClientRect", &[])?;
    Ok(["x", "y", "width", "height"].map(|name| member(&rect, name).as_f64().unwrap_or_default()))
}

fn pixels(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let pixels = length.round() as u32;
    pixels
}

fn numbers(rect: Rect) -> [JsValue; 4] {
    [rect.x, rect.y, rect.width, rect.height].map(JsValue::from)
}

fn font(height: u32) -> String {
    ["600 ", &height.to_string(), "px system-ui, sans-serif"].concat()
}
