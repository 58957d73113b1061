//! Messages of the server: which of our requests each of them answers, and what follows.

use std::time::Duration;

use super::api::{ApiId, Request};
use super::api_error::{ApiError, SESSION_NOT_FOUND};
use super::{FIRST_VERSION, Janus, KEEPALIVE_INTERVAL, MIN_KEEPALIVE_INTERVAL, reject};
use crate::dialect::DialectOutput;
use crate::json::{self, Json, Object};
use crate::normalize;
use crate::rejection::{RejectCode, Rejection};
use crate::signal::{IceServers, Inbound, ServerSignal, SessionDescription};
use crate::time::Timestamp;

impl Janus {
    /// A frame of the server.
    pub(super) fn on_frame(&mut self, now: Timestamp, frame: &str, out: &mut Vec<DialectOutput>) {
        self.silent_at = None;
        let value = match json::parse(frame) {
            Ok(value) => value,
            Err(error) => return out.push(DialectOutput::Invalid(error.to_string())),
        };
        let session = ApiId::read(value.at("session_id"));
        if session.is_some() && session != self.api.session {
            // Of a session that is over.
            return;
        }
        let kind = value.at("janus").short();
        // What is said twice of a request is not an answer to it.
        let answers = matches!(kind, "success" | "error" | "event" | "server_info");
        let request = if answers { self.api.answered(value.at("transaction").short()) } else { None };
        match (kind, request) {
            ("", _) => out.push(DialectOutput::Invalid("\"janus\" is missing".to_owned())),
            ("error", request) => {
                let error = error(value.at("error"), "code", "reason");
                self.on_error(now, request, &error, out);
            }
            ("server_info", Some(Request::Info)) => self.on_info(&value, out),
            ("timeout", _) => self.session_lost(out),
            ("success", Some(request)) => self.on_success(now, request, &value, out),
            ("event", request) => self.on_event(now, request, &value, out),
            ("trickle" | "hangup", _) => self.on_handle_event(now, kind, &value, out),
            // Of interest to nobody, or of a later version.
            _ => {}
        }
    }

    /// What the server is like.
    fn on_info(&mut self, info: &Json, out: &mut Vec<DialectOutput>) {
        if number(info.at("version")).is_some_and(|version| version < FIRST_VERSION) {
            let text = "Janus before version 1.0".to_owned();
            // Nothing comes of what else was asked.
            self.api.forget_requests();
            return reject(Rejection { code: RejectCode::UnsupportedVersion, text, closes: false }, out);
        }
        // Versions that cannot be built without them do not say.
        self.forwards_data = *info.at("data_channels") != Json::Bool(false);
        self.claims_sessions = number(info.at("reclaim-session-timeout")) != Some(0);
        // Zero is no limit.
        let timeout = number(info.at("session-timeout")).filter(|seconds| *seconds > 0);
        let timeout = timeout.unwrap_or(u32::MAX);
        let interval = Duration::from_secs(u64::from(timeout / 3));
        self.keepalive_interval = interval.clamp(MIN_KEEPALIVE_INTERVAL, KEEPALIVE_INTERVAL);
        if std::mem::take(&mut self.preflight) {
            let none = ServerSignal::IceServers(IceServers::default());
            out.push(DialectOutput::Signal(Inbound::Server(none)));
        }
    }

    fn on_success(&mut self, now: Timestamp, request: Request, value: &Json, out: &mut Vec<DialectOutput>) {
        let id = ApiId::read(value.at("data").at("id"));
        match (request, id) {
            (Request::CreateSession, Some(session)) => {
                self.api.session = Some(session);
                out.push(DialectOutput::Frame(self.api.attach(Request::AttachPublisher)));
            }
            (Request::AttachPublisher, Some(handle)) => {
                self.with_call(now, out, &mut |call, cx| call.join(&handle, cx));
            }
            (Request::AttachSubscriber, Some(handle)) => {
                self.with_call(now, out, &mut |call, cx| call.subscriber_attached(&handle, cx));
            }
            (Request::ClaimSession, _) => self.with_call(now, out, &mut |call, cx| call.resume(cx)),
            (Request::HangUp, _) => self.with_call(now, out, &mut |call, cx| call.renew_publication(cx)),
            // Plugins answer some requests at once.
            _ => self.on_event(now, Some(request), value, out),
        }
    }

    fn on_event(
        &mut self,
        now: Timestamp,
        request: Option<Request>,
        value: &Json,
        out: &mut Vec<DialectOutput>,
    ) {
        let data = value.at("plugindata").at("data");
        if *data.at("error_code") != Json::Null {
            return self.on_error(now, request, &error(data, "error_code", "error"), out);
        }
        let Some(sender) = ApiId::read(value.at("sender")) else { return };
        let mut jsep = match jsep(value) {
            Ok(jsep) => jsep,
            Err(why) => return out.push(DialectOutput::Invalid(why)),
        };
        self.with_call(now, out, &mut |call, cx| call.on_event(&sender, request, data, jsep.take(), cx));
    }

    fn on_handle_event(&mut self, now: Timestamp, kind: &str, value: &Json, out: &mut Vec<DialectOutput>) {
        let Some(sender) = ApiId::read(value.at("sender")) else { return };
        if kind == "hangup" {
            return self.with_call(now, out, &mut |call, cx| call.on_hang_up(&sender, cx));
        }
        let candidate = Some(value.at("candidate")).filter(|it| it.flag("completed") != Some(true));
        match normalize::candidate(candidate, "candidate".to_owned()) {
            Ok(mut candidate) => {
                self.with_call(now, out, &mut |call, cx| call.on_candidate(&sender, candidate.take(), cx));
            }
            Err(error) => out.push(DialectOutput::Invalid(error.to_string())),
        }
    }

    fn on_error(
        &mut self,
        now: Timestamp,
        request: Option<Request>,
        error: &ApiError,
        out: &mut Vec<DialectOutput>,
    ) {
        match request {
            Some(Request::ClaimSession) => {
                if let Some(call) = self.call.take() {
                    self.begin(call.again(), out);
                }
            }
            _ if error.code == SESSION_NOT_FOUND => self.session_lost(out),
            Some(Request::Info | Request::CreateSession | Request::AttachPublisher) => {
                self.preflight = false;
                reject(error.rejection(), out);
            }
            Some(request) => self.with_call(now, out, &mut |call, cx| call.on_error(request, error, cx)),
            // About something whose answer nobody waits for.
            None => out.push(DialectOutput::Invalid(error.rejection().text)),
        }
    }
}

/// A whole number that is not too large.
fn number(value: &Json) -> Option<u32> {
    if let Json::Number(digits) = value { digits.parse().ok() } else { None }
}

fn error(value: &Json, code: &str, reason: &str) -> ApiError {
    ApiError {
        code: number(value.at(code)).unwrap_or_default(),
        reason: value.at(reason).as_text().unwrap_or_default().to_owned(),
    }
}

fn jsep(value: &Json) -> Result<Option<SessionDescription>, String> {
    let read = || normalize::description(&Object::root(value)?.object("jsep")?);
    if *value.at("jsep") == Json::Null {
        Ok(None)
    } else {
        read().map(Some).map_err(|error| error.to_string())
    }
}
