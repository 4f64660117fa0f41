// Another comparison's address: the page begins anew with it.
addEventListener("hashchange", () => location.reload());
