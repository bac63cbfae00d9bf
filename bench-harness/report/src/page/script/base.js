// The one global name of the page: all scripts put into it what others use.
const echolab = {};
(() => {
  const element = document.getElementById('data');
  // The data of the page; `costs/data.rs` has their format. A page without cost tables has none.
  echolab.data = element && JSON.parse(element.textContent);
})();
