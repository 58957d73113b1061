//! A button for the other camera of a phone: the one at its front, or at its back.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Array;
use visavis_core::{FacingMode, RoomView, Source, SourceState};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use crate::dom::by_name::{call, call_async, member};
use crate::dom::{self, Listener};
use crate::ui::actions;
use crate::ui::settings;
use crate::ui::shared::{Shared, own};

const HTML: &str = include_str!("facing.html");
/// Which way the camera in our own tile looks, as `facingMode` has it.
const FACING: &str = "data-facing";
/// Milliseconds until the devices are looked at: whoever joins waits for other things first.
const DELAY: i32 = 3000;
/// Most devices that are looked at.
const MAX_DEVICES: u32 = 64;

/// The button, where there are cameras both ways.
pub(super) struct CameraButton(Rc<RefCell<Option<Button>>>);

struct Button {
    element: HtmlElement,
    _listener: Listener,
}

impl CameraButton {
    /// Adds it to our own tile, once it is known that it is of use.
    pub(super) fn new(shared: &Rc<Shared>, tile: &HtmlElement) -> Self {
        let button = Rc::new(RefCell::new(None));
        let (place, shared, tile) = (Rc::downgrade(&button), Rc::clone(shared), tile.clone());
        spawn_local(add(place, shared, tile));
        Self(button)
    }

    /// Follows the camera: what looks away from the person is no mirror.
    pub(super) fn render(&self, shared: &Shared, view: &RoomView, tile: &Element) {
        let camera = own(view, Source::Camera);
        if let Some(button) = &*self.0.borrow() {
            dom::set_flag(&button.element, "hidden", camera.state == SourceState::Off);
            let facing = facing_mode(shared, view).map(FacingMode::as_str);
            dom::set_attribute(tile, FACING, facing);
        }
    }
}

/// Adds the button, if it is of use and its place is still there.
async fn add(place: Weak<RefCell<Option<Button>>>, shared: Rc<Shared>, tile: HtmlElement) {
    dom::sleep(DELAY).await;
    let is_offered = has_touch_screen() && has_both_ways().await;
    if let Some(place) = place.upgrade().filter(|_| is_offered) {
        *place.borrow_mut() = Button::new(&shared, &tile).ok();
    }
}

impl Button {
    /// Beside the pin.
    fn new(shared: &Rc<Shared>, tile: &HtmlElement) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let pin: Element = dom::find(tile, ".pin")?;
        pin.after_with_node_1(&element)?;
        let shared = Rc::downgrade(shared);
        let _listener = Listener::new(&element, "click", move |event| {
            if let (Some(shared), Some(button)) = (shared.upgrade(), dom::closest(&event, "button")) {
                actions::load(&shared, button, settings::use_other_camera);
            }
        });
        Ok(Self { element, _listener })
    }
}

impl Drop for Button {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Which way our own camera looks, if the browser tells.
pub(in crate::ui) fn facing_mode(shared: &Shared, view: &RoomView) -> Option<FacingMode> {
    let track = shared.tracks.get(own(view, Source::Camera).track?)?;
    let facing = member(&call(&track, "getSettings", &[]).ok()?, "facingMode").as_string()?;
    [FacingMode::User, FacingMode::Environment].into_iter().find(|mode| mode.as_str() == facing)
}

/// A finger is what the page is used with first of all.
fn has_touch_screen() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(pointer: coarse)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

/// Whether there is a camera at the front and one at the back.
async fn has_both_ways() -> bool {
    let Some(devices) = web_sys::window().and_then(|window| window.navigator().media_devices().ok()) else {
        return false;
    };
    let Ok(listed) = call_async(&devices, "enumerateDevices", &[]).await else { return false };
    let listed = Array::from(&listed);
    let devices = (0..listed.length().min(MAX_DEVICES)).map(|at| listed.get(at));
    let modes: Vec<FacingMode> = devices.filter_map(|device| facing_mode_of(&device)).collect();
    modes.contains(&FacingMode::User) && modes.contains(&FacingMode::Environment)
}

/// Which way a camera looks, as far as the browser tells. Firefox has no capabilities of devices.
fn facing_mode_of(device: &JsValue) -> Option<FacingMode> {
    if member(device, "kind").as_string()? != "videoinput" {
        return None;
    }
    let capabilities = call(device, "getCapabilities", &[]).unwrap_or_default();
    let modes = member(&capabilities, "facingMode").dyn_into::<Array>().unwrap_or_default();
    let modes: Vec<String> = modes.iter().filter_map(|mode| mode.as_string()).collect();
    FacingMode::of_camera(&modes, &member(device, "label").as_string().unwrap_or_default())
}
