import { chromium } from '@playwright/test';
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu'] });
const shots = [];
async function shot(name, { url, width=390, dark=false, locale='en-US', act }) {
  const c = await b.newContext({ viewport: { width, height: width===390?844:800 }, colorScheme: dark?'dark':'light', locale, reducedMotion: 'reduce' });
  const p = await c.newPage();
  await p.goto(url); await p.waitForSelector('form[data-hydrated]', { state: 'attached', timeout: 15000 }).catch(()=>{});
  if (act) await act(p);
  await p.screenshot({ path: `/tmp/look/${name}.png`, fullPage: true });
  await c.close();
}
const A='http://127.0.0.1:3300', B='http://127.0.0.1:3301';
const bad = async (p) => { await p.fill('[name=email]','nobody'); await p.fill('[name=username]','a b'); await p.fill('[name=password]','short'); await p.click('form[data-rpc="/rpc/sign_up"] button[type=submit]'); await p.waitForSelector('[aria-invalid]'); };
await shot('login-n', { url: A+'/login' });
await shot('login-w-dark', { url: A+'/login', width: 1280, dark: true });
await shot('reg-bad-n', { url: A+'/register', act: bad });
await shot('reg-bad-ru-w', { url: A+'/register', width: 1280, locale: 'ru-RU', act: bad });
await shot('reg-advice', { url: A+'/register', act: async (p) => { await p.fill('[name=username]','lovelace'); await p.fill('[name=first_name]','Augusta'); await p.waitForTimeout(1200); await p.fill('[name=password]','august'); await p.fill('[name=password]','augusta'); await p.press('[name=password]','Tab'); } });
await shot('acc-n', { url: A+'/accessibility' });
await shot('acc-ru-w-dark', { url: A+'/accessibility', width: 1280, dark: true, locale: 'ru-RU' });
await shot('brand-n', { url: B+'/login' });
await shot('brand-w-dark', { url: B+'/register', width: 1280, dark: true });
await b.close();
