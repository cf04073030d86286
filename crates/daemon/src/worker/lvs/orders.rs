//! An operator's orders for real servers.

use super::asked::{Checks, real_server};
use super::named::find;
use super::{Shared, Worker, feed};
use crate::lane::ipvs_handle::Counted;
use holdfast_control::report::{Act, Connections, Ordered};
use holdfast_control::{Answer, OrderRequest};
use holdfast_health::{Input, ServiceView};
use holdfast_kernel::time::now;
use holdfast_model::{Given, Order, RealServerKey, ServiceKey, Weight};
use holdfast_plan::service::RowId;
use std::time::Duration;

/// A longer time is none.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Worker {
    /// Does what is ordered, has it written down, and says what came of it.
    pub(super) fn order(&self, request: &OrderRequest) -> Answer {
        match self.obey(request) {
            Ok(key) => {
                let mut shared = self.shared.borrow_mut();
                // a crash a moment later must not forget it
                shared.keep_now();
                ordered(&shared, &key, request.act).unwrap_or_else(Answer::Refused)
            }
            Err(words) => Answer::Refused(words),
        }
    }

    fn obey(&self, request: &OrderRequest) -> Result<RealServerKey, String> {
        let until = match request.for_ms.map(Duration::from_millis) {
            None => None,
            Some(time) if time.is_zero() || time > LONGEST => {
                return Err(
                    "--for takes a time of at least a millisecond and at most a year".to_owned(),
                );
            }
            Some(time) => Some(now() + time),
        };
        let order = match request.act {
            Act::Enable => None,
            Act::Drain => Some(Order::Drain),
            Act::Disable => Some(Order::Disable),
            Act::Weight(weight) => Some(Order::Weight(
                Weight::new(weight).ok_or("a weight is at most 2147483647")?,
            )),
        };
        let (server, real) = (&request.virtual_server, &request.real_server);
        let key = find(&self.shared.borrow().pool, server, real)?;
        let given = order.map(|order| Given { order, until });
        let real_server = &key;
        feed(&self.shared, Input::Order { real_server, given });
        let shared = self.shared.borrow();
        if let Some(view) = shared.pool.view(&key.virtual_server) {
            shared.lane.retake(rows(&view, &key));
        }
        Ok(key)
    }

    /// Has the lane count a server's connections; its answer comes later.
    pub(super) fn count(&self, number: u64, server: &str, real: &str) -> Option<Answer> {
        let shared = self.shared.borrow();
        let key = match find(&shared.pool, server, real) {
            Ok(key) => key,
            Err(words) => return Some(Answer::Refused(words)),
        };
        let view = shared.pool.view(&key.virtual_server)?;
        shared.lane.count(number, rows(&view, &key));
        None
    }

    /// The lane has counted.
    pub(super) fn counted(&self, counted: &Counted) {
        let answer = match counted.load {
            Some((active, inactive)) => Answer::Connections(Connections { active, inactive }),
            None => Answer::Refused("the kernel's table cannot be read: see the log".to_owned()),
        };
        self.say(counted.number, &answer);
    }
}

/// The rows of a real server, one in each kernel service.
fn rows(view: &ServiceView<'_>, key: &RealServerKey) -> Vec<(ServiceKey, RowId)> {
    let config = view.config();
    let Some(server) = config.real_server(key) else {
        return Vec::new();
    };
    let services = config.services().iter();
    services
        .map(|service| {
            let port = config.row_port(service, key.port, server.forwarding);
            (*service, RowId::destination(*service, key.address, port))
        })
        .collect()
}

/// How the server is now.
fn ordered(shared: &Shared, key: &RealServerKey, act: Act) -> Result<Answer, String> {
    let pool = &shared.pool;
    let view = pool.view(&key.virtual_server).ok_or("it is gone")?;
    let config = view.config();
    let server = config.real_server(key).ok_or("it is gone")?;
    let of_it = pool
        .check_views()
        .filter(|check| check.key.real_server == *key);
    let mut checks = Checks::new();
    checks.insert(key, of_it.collect());
    let mut notes = Vec::new();
    let resting = matches!(act, Act::Drain | Act::Weight(0));
    if let Some(persistence) = config.persistence.filter(|_| resting) {
        notes.push(format!(
            "clients that it has served within persistence_timeout ({} s) are still sent to it, unless \
             net.ipv4.vs.expire_quiescent_template is 1",
            persistence.timeout.as_secs()
        ));
    }
    if act != Act::Enable && !view.has_quorum() {
        notes.push(
            if view.sorry() {
                "the virtual server has no quorum: the sorry server serves"
            } else {
                "the virtual server has no quorum, and no sorry server"
            }
            .to_owned(),
        );
    }
    Ok(Answer::Ordered(Box::new(Ordered {
        virtual_server: config.key.spoken(),
        real_server: real_server(pool, &view, server, &checks),
        notes,
    })))
}
