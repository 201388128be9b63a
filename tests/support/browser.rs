//! A real browser without a window, driven over a pipe: pages are opened, measured, looked at.
//!
//! Speaks the browser's own protocol on two pipes of the child (`--remote-debugging-pipe`), so no port is open.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A browser; it ends with this value.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    id: u64,
    session: Option<String>,
    /// What pages asked for, in order.
    pub(crate) asked: Vec<String>,
    loaded: bool,
    _home: tempfile::TempDir,
}

impl Browser {
    /// `None` where no browser is installed.
    pub(crate) fn start() -> Option<Self> {
        let names = ["chromium-headless-shell", "chromium", "google-chrome"];
        let program = names.into_iter().find(|name| crate::faults::has(name))?;
        let home = tempfile::tempdir().unwrap();
        // The protocol is on descriptors 3 and 4 of the browser.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "exec 3<&0 4>&1 </dev/null >/dev/null 2>&1; exec \"$@\"", "sh", program])
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--no-zygote"])
            .arg(format!("--user-data-dir={}", home.path().display()))
            .env("HOME", home.path())
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Self {
            child,
            to,
            from,
            id: 0,
            session: None,
            asked: Vec::new(),
            loaded: false,
            _home: home,
        };
        let made = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({ "targetId": made["targetId"], "flatten": true }),
        );
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        browser.call("Page.enable", json!({}));
        browser.call("Network.enable", json!({}));
        Some(browser)
    }

    /// Calls a method of the protocol and waits for what it gives.
    #[expect(clippy::needless_pass_by_value, reason = "callers write it with json!")]
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let mut message = json!({ "id": self.id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        self.to.flush().unwrap();
        loop {
            let said = self.read();
            if said["id"] == self.id {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        let said: Value = serde_json::from_slice(&bytes).unwrap();
        match said["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                self.asked
                    .push(said["params"]["request"]["url"].as_str().unwrap_or_default().to_owned());
            }
            Some("Page.loadEventFired") => self.loaded = true,
            _ => {}
        }
        said
    }

    /// Opens a file in a window of this size, in light or in dark, and waits until it is there.
    pub(crate) fn open(&mut self, file: &Path, (wide, high): (u32, u32), scheme: &str) {
        let mobile = wide < 600;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": wide, "height": high, "deviceScaleFactor": 1, "mobile": mobile,
            }),
        );
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": "", "features": features }));
        self.loaded = false;
        self.asked.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        while !self.loaded {
            self.read();
        }
    }

    /// What an expression comes to in the page, promises waited for.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let given =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", given);
        assert!(result["exceptionDetails"].is_null(), "{}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// The whole page as a PNG in base64.
    pub(crate) fn picture(&mut self) -> String {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let given = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        self.call("Page.captureScreenshot", given)["data"].as_str().unwrap_or_default().to_owned()
    }

    /// The page as it is printed, in base64.
    pub(crate) fn print(&mut self) -> String {
        let given = json!({ "preferCSSPageSize": true, "printBackground": false });
        self.call("Page.printToPDF", given)["data"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
