//! The settings of the devices.

use std::rc::Rc;

use js_sys::Reflect;
use visavis::tracks::Tracks;
use visavis::ui::{RoomHandle, Ui, UiOptions, settings};
use visavis_core::{
    Command, DeviceId, DeviceSettings, Devices, Lifecycle, MediaDeviceInfo, MediaDeviceKind, RoomView,
    TrackSwitch, VideoQuality,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement};

use crate::foreign::view;
use crate::support::{Events, until};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";
const KEY: &str = "visavis.devices";

/// A room that only notes what it is asked for.
struct Notes(Events<Command>);

impl RoomHandle for Notes {
    fn command(&self, command: Command) {
        self.0.push(command);
    }

    fn report(&self) -> Option<String> {
        None
    }

    fn abort(&self) {
        panic!("something could not be shown");
    }
}

struct Page {
    root: HtmlElement,
    ui: Rc<Ui>,
    commands: Events<Command>,
}

impl Page {
    /// With the dialog open.
    async fn open(lifecycle: Lifecycle) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let root: HtmlElement = document.create_element("div").unwrap().unchecked_into();
        document.body().unwrap().append_child(&root).unwrap();
        let commands = Events::new();
        let handle = Box::new(Notes(commands.clone()));
        let ui = Ui::mount(&root, Tracks::default(), UiOptions::default(), handle).unwrap();
        let page = Self { root, ui, commands };
        page.show(&view(lifecycle, &[]));
        page.find::<HtmlElement>("[data-control=settings]").click();
        until("the settings", || page.is_open()).await;
        page
    }

    fn show(&self, view: &RoomView) {
        self.ui.render(&Rc::new(view.clone()));
    }

    fn is_open(&self) -> bool {
        self.root.query_selector("dialog[open]").unwrap().is_some()
    }

    fn find<T: JsCast>(&self, selector: &str) -> T {
        self.root.query_selector(selector).unwrap().unwrap().unchecked_into()
    }

    /// What the person wants now.
    fn wanted(&self) -> DeviceSettings {
        match self.commands.take().pop() {
            Some(Command::SetDevices(settings)) => *settings,
            other => panic!("other devices are wanted, not {other:?}"),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.root.remove();
        web_sys::window().unwrap().local_storage().unwrap().unwrap().remove_item(KEY).unwrap();
    }
}

fn changed(element: &Element) {
    let init = EventInit::new();
    init.set_bubbles(true);
    element.dispatch_event(&Event::new_with_event_init_dict("change", &init).unwrap()).unwrap();
}

fn id(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}

/// Two cameras, one with a hostile name, and what the person wants.
fn with_devices(mut view: RoomView, settings: DeviceSettings) -> RoomView {
    let camera = |id: DeviceId, label| MediaDeviceInfo::new(MediaDeviceKind::VideoInput, id, label, false);
    let mut devices = Devices::default();
    devices.list = vec![camera(id("front"), HOSTILE), camera(id("back"), "Back")];
    devices.settings = settings;
    view.devices = Some(Rc::new(devices));
    view
}

#[wasm_bindgen_test]
async fn a_person_chooses_a_camera() {
    let page = Page::open(Lifecycle::Lobby).await;
    assert_eq!(page.wanted(), DeviceSettings::default(), "the devices are asked for");
    page.show(&with_devices(view(Lifecycle::Lobby, &[]), DeviceSettings::default()));
    let list: HtmlSelectElement = page.find("[data-devices=videoinput] select");
    let labels: Vec<_> = (0..list.child_element_count())
        .map(|at| list.children().item(at).unwrap().text_content().unwrap())
        .collect();
    assert_eq!(labels[1..], [HOSTILE, "Back"]);
    assert!(page.root.query_selector("img").unwrap().is_none(), "a name is text");

    list.set_value("back");
    changed(&list);
    let wanted = page.wanted();
    assert_eq!(wanted.chosen(MediaDeviceKind::VideoInput), Some(&id("back")));
    assert!(settings::are_remembered());
    let Some(Command::SetDevices(restored)) = settings::restore(VideoQuality::Automatic) else {
        panic!("it is kept")
    };
    assert_eq!(*restored, wanted);
    page.show(&with_devices(view(Lifecycle::Lobby, &[]), wanted));
    assert_eq!(list.value(), "back");
}

#[wasm_bindgen_test]
async fn a_person_switches_noise_suppression_off_and_blur_is_offered_where_it_is() {
    let page = Page::open(Lifecycle::Joined).await;
    page.show(&with_devices(view(Lifecycle::Joined, &[]), DeviceSettings::default()));
    let switch = |name: &str| page.find::<HtmlInputElement>(&format!("[data-switch={name}]"));
    let noise = switch("noiseSuppression");
    assert!(noise.checked());
    noise.click();
    assert!(!page.wanted().is_on(TrackSwitch::NoiseSuppression));
    let blur = switch("backgroundBlur").parent_element().unwrap();
    assert!(blur.has_attribute("hidden"), "this camera cannot");
}

#[wasm_bindgen_test]
async fn the_focus_comes_back_and_nothing_is_left() {
    let page = Page::open(Lifecycle::Joined).await;
    let dialog: Element = page.find("dialog");
    let document = web_sys::window().unwrap().document().unwrap();
    assert!(dialog.contains(document.active_element().as_deref()), "the focus is inside");
    page.find::<HtmlElement>("[data-control=close-settings]").click();
    until("the dialog to be gone", || !dialog.is_connected()).await;
    let button: Element = page.find("[data-control=settings]");
    until("the focus on the button", || document.active_element() == Some(button.clone())).await;
    assert!(!page.is_open());

    // The page's own styles are not touched, and ours come once.
    let sheets = |page: &Page| {
        let sheets = Reflect::get(&page.root.get_root_node(), &"adoptedStyleSheets".into()).unwrap();
        js_sys::Array::from(&sheets).length()
    };
    let before = sheets(&page);
    button.unchecked_ref::<HtmlElement>().click();
    until("the settings", || page.is_open()).await;
    assert_eq!(sheets(&page), before);
}

/// Chosen before, and gone meanwhile.
#[wasm_bindgen_test]
async fn a_device_that_is_not_there_is_still_the_one_that_was_chosen() {
    let page = Page::open(Lifecycle::Lobby).await;
    let mut wanted = DeviceSettings::default();
    wanted.choose(MediaDeviceKind::VideoInput, Some(id("gone")));
    page.show(&with_devices(view(Lifecycle::Lobby, &[]), wanted));
    let list: HtmlSelectElement = page.find("[data-devices=videoinput] select");
    assert_eq!(list.value(), "gone");
}
