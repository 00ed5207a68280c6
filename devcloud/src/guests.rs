//! Who is connected: so many at most, and for one more the one that has been silent longest goes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Notify;

/// Everybody who is connected, the silent ones before those who are being served, each longest first.
pub struct Guests {
    most: usize,
    turn: Cell<u64>,
    here: RefCell<BTreeMap<Place, Rc<Notify>>>,
}

/// Whether a guest is being served, and since which turn it is so.
type Place = (bool, u64);

/// One who is connected, until dropped.
pub struct Guest {
    guests: Rc<Guests>,
    place: Cell<Place>,
    leave: Rc<Notify>,
}

impl Guests {
    pub fn new(most: usize) -> Rc<Guests> {
        Rc::new(Guests {
            most,
            turn: Cell::new(0),
            here: RefCell::default(),
        })
    }

    /// Lets one more in, and where they are too many sends one away.
    pub fn let_in(self: &Rc<Guests>) -> Guest {
        if self.here.borrow().len() >= self.most {
            self.send_away();
        }
        let leave = Rc::new(Notify::new());
        let place = self.place(false);
        self.here.borrow_mut().insert(place, leave.clone());
        Guest {
            guests: self.clone(),
            place: Cell::new(place),
            leave,
        }
    }

    /// Tells the first to leave.
    pub fn send_away(&self) {
        if let Some((_, leave)) = self.here.borrow_mut().pop_first() {
            leave.notify_one();
        }
    }

    fn place(&self, served: bool) -> Place {
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        (served, turn)
    }
}

impl Guest {
    /// Comes back when the guest has to leave.
    pub async fn told_to_leave(&self) {
        self.leave.notified().await;
    }

    /// Notes that the guest is being served, until what comes back is dropped.
    pub fn served(self: &Rc<Guest>) -> Served {
        self.move_to(true);
        Served(self.clone())
    }

    fn move_to(&self, served: bool) {
        let mut here = self.guests.here.borrow_mut();
        // One who was told to leave has no place any more.
        if let Some(leave) = here.remove(&self.place.get()) {
            let place = self.guests.place(served);
            here.insert(place, leave);
            self.place.set(place);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.guests.here.borrow_mut().remove(&self.place.get());
    }
}

/// A guest that is being served.
pub struct Served(Rc<Guest>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.move_to(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a guest was told to leave.
    fn leaves(guest: &Guest) -> bool {
        !guest.guests.here.borrow().contains_key(&guest.place.get())
    }

    #[test]
    fn who_has_been_silent_longest_goes_first_and_who_is_served_last() {
        let guests = Guests::new(3);
        let [served, first, second] = [0; 3].map(|_| Rc::new(guests.let_in()));
        let being = served.served();
        // Whoever was served has been silent for a shorter time than the others.
        drop(first.served());
        let _third = guests.let_in();
        assert!(leaves(&second) && !leaves(&first) && !leaves(&served));
        drop(second);
        let _fourth = guests.let_in();
        assert!(leaves(&first) && !leaves(&served));
        drop(being);
        assert_eq!(guests.here.borrow().len(), 3);
    }
}
